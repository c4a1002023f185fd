/** The daemon as a service of systemd, and the file with its settings. Pure. */
import { InstarError } from "../errors.ts";

/** What the daemon reads from its environment (docs/server.md, "Settings"). */
export const SETTINGS = [
  "INSTAR_HOME",
  "INSTAR_LISTEN",
  "INSTAR_HTTP_PORT",
  "INSTAR_POOL",
  "INSTAR_LOOK",
  "INSTAR_ROUTER_IMAGE",
  "INSTAR_CALLBACK_HOSTS",
  "INSTAR_LOG",
  "DOCKER_HOST",
] as const;

/** The first line of what `init` writes: a file without it is somebody else's. */
export const MARK = "# Written by `instar init`.";

/**
 * systemd.unit(5) and systemd.service(5). `StartLimitIntervalSec=0`: by default five failed starts within ten seconds are the last,
 * and an engine that comes back late would find no daemon. `program`: absolute. Raises INS2001 for a path that systemd would read
 * otherwise.
 */
export function unitOf(program: string, settingsFile: string): string {
  return `${MARK} Your own changes go where \`systemctl edit instar\` puts them.
[Unit]
Description=Instar, immutable deployments for containers
Wants=network-online.target docker.service
After=network-online.target docker.service
StartLimitIntervalSec=0

[Service]
EnvironmentFile=-${settingsFile}
ExecStart="${plainPath(program)}" server
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
`;
}

/** `NAME="value"` a line, as EnvironmentFile= reads it; what is not set stands there as a comment. Raises INS2001 for a line break. */
export function settingsFileOf(env: Readonly<Record<string, string | undefined>>): string {
  const lines = SETTINGS.map((name) => (env[name] ? `${name}=${quoted(name, env[name])}` : `#${name}=`));
  return [`${MARK} Yours from now on; what each is: docs/server.md. After a change run instar init again`, ...lines, ""].join("\n");
}

/** What the file says of each setting, as `settingsFileOf` and a person write it. */
export function settingsIn(text: string): Readonly<Record<string, string>> {
  const read: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name, value] = /^\s*([A-Z_]+)=(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined && value !== "") read[name] = unquoted(value);
  }
  return read;
}

function plainPath(path: string): string {
  if (/^[\w/.+@:, -]+$/.test(path)) return path;
  throw new InstarError("INS2001", `${path} has characters that systemd reads in its own way`, {
    hint: "move this checkout to a folder whose path has letters, digits, spaces and . _ - + @ only",
  });
}

function quoted(name: string, value: string): string {
  if (/[\r\n\0]/.test(value)) throw new InstarError("INS2001", `${name} has a line break in it`);
  return `"${value.replace(/["\\$`]/g, "\\$&")}"`;
}

function unquoted(value: string): string {
  const [, inside] = /^"(.*)"$/.exec(value) ?? [];
  if (inside !== undefined) return inside.replace(/\\(["\\$`])/g, "$1");
  return /^'(.*)'$/.exec(value)?.[1] ?? value;
}
