/** The daemon in a container, where the engine is what starts things: words for `docker`. Pure. */

export const CONTAINER = "instar";
const LABEL = "dev.instar.init";
const ROUTER_IMAGE = "instar/router:3.0";
/**
 * Of capabilities(7), beside what every container has: whose process holds a port (/proc/PID/fd), what an instance wrote (its layer,
 * with the attributes of overlayfs that only SYS_ADMIN sees), to run before the instances, and to read what others own.
 */
const RIGHTS = ["SYS_PTRACE", "SYS_ADMIN", "SYS_NICE", "DAC_READ_SEARCH"];
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * For `docker run`. The daemon works on this machine's own files, processes and network (the layers that instances write, the ports
 * that others hold, HAProxy's sockets), so the container adds nothing but somebody who starts it, at boot and whenever it ends: it is
 * this machine's root, entered by chroot from an image that is there anyway. `program`: absolute; `rootIsShared`: `/` passes on what is
 * mounted later.
 */
export function runWords(program: string, settings: Readonly<Record<string, string>>, rootIsShared: boolean): readonly string[] {
  const variables = Object.entries({ PATH, ...settings }).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
  return [
    ...["run", "--detach", "--pull", "never", "--name", CONTAINER, "--label", `${LABEL}=true`],
    ...["--restart", "always", "--log-driver", "local"],
    ...["--user", "0:0", "--pid", "host", "--network", "host", ...RIGHTS.flatMap((name) => ["--cap-add", name])],
    ...["--security-opt", "apparmor=unconfined", "--security-opt", "label=disable"],
    ...["--volume", rootIsShared ? "/:/host:rslave" : "/:/host", ...variables],
    ...["--entrypoint", "chroot", settings.INSTAR_ROUTER_IMAGE || ROUTER_IMAGE, "/host", program, "server"],
  ];
}

/** Prints the ids of the container that `init` made, and of any other of its name. */
export const oursWords = ["ps", "--all", "--quiet", "--no-trunc", "--filter", `label=${LABEL}=true`, "--filter", `name=^/?${CONTAINER}$`];
export const namedWords = ["ps", "--all", "--quiet", "--no-trunc", "--filter", `name=^/?${CONTAINER}$`];

/** proc(5), /proc/PID/mountinfo: field 5 is the mount point, the optional fields from the seventh on say `shared:N`. */
export const isShared = (mountinfo: string): boolean =>
  mountinfo.split("\n").some((line) => {
    const fields = line.split(" ");
    return fields[4] === "/" && fields.slice(6, fields.indexOf("-")).some((field) => field.startsWith("shared:"));
  });
