import { describe, expect, it } from "vitest";
import { containerBody } from "../../src/engine/docker/body.ts";
import { compare, type ImageConfig, type Inspect } from "../../src/engine/docker/comparison.ts";
import { judged } from "../../src/plan/unlike.ts";
import type { Blueprint, Limit } from "../../src/reconcile/ports.ts";
import type { Revision, ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";

const NAME = "shop-web-r1-1-a1";
const ID = "0123456789abcdef";
const IMAGE: ImageConfig = { Env: ["PATH=/bin", "VERSION=1"], Cmd: ["serve"], Entrypoint: null, User: "node", WorkingDir: "/app" };
const SPEC = serviceSpec({
  environment: { SECRET: "s3cret", VERSION: "2" },
  mounts: [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }],
  capAdd: ["NET_ADMIN"],
  resources: { nanoCpus: 0, memoryBytes: 1000, memoryReservationBytes: 0, pids: 0 },
  restart: { policy: "always", maxAttempts: 0 },
});
const blueprint = (spec: Partial<ServiceSpec> = {}): Blueprint => ({
  ...{ name: NAME, stack: "shop", service: "web", revision: 1, slot: 1, attempt: 1, generation: 0, instanceHash: "aa" },
  image: { reference: "web:1", digests: ["sha256:1"], runnable: "web:1", shown: "sha256:1" },
  spec: { ...SPEC, ...spec },
  networks: [{ name: "shop_default", address: "10.211.0.2", aliases: ["web"] }],
  ...{ volumeNames: { data: "shop_data" }, slotVolumes: {} },
});
const bodyOf = (of: Blueprint) => containerBody(of, "inst", "1.41", "web:1");
const REVISION = { number: 1, instanceHash: "aa", image: { digests: ["sha256:1"] } } as unknown as Revision;

type Change = (inspect: Made) => void;
interface Made {
  Name: string;
  Image: string;
  Config: { Env: string[]; Cmd: string[]; Entrypoint: null | string[]; User: string; WorkingDir: string; Labels: Record<string, string> };
  HostConfig: Record<string, unknown>;
  NetworkSettings: { Networks: Record<string, object> };
  Mounts: { Type: string; Name?: string; Source: string; Destination: string; RW: boolean }[];
}
/** As the engine shows what it made of the body. */
const inspect = (change: Change): Inspect => {
  const { HostConfig, Labels, StopTimeout } = bodyOf(blueprint());
  const made = {
    ...{ Id: ID, Name: `/${NAME}`, Image: "sha256:1" },
    Config: {
      ...{ Env: ["SECRET=s3cret", "VERSION=2", "PATH=/bin"], Cmd: ["serve"], Entrypoint: null, User: "node", WorkingDir: "/app" },
      ...{ Labels: { ...Labels }, StopTimeout, Hostname: ID.slice(0, 12) },
    },
    HostConfig: { ...HostConfig, CapAdd: ["CAP_NET_ADMIN"], MemorySwap: 2000, ShmSize: 67_108_864, Runtime: "runc" },
    NetworkSettings: { Networks: { shop_default: { IPAMConfig: { IPv4Address: "10.211.0.2" }, Aliases: ["web", ID.slice(0, 12)] } } },
    Mounts: [{ Type: "volume", Name: "shop_data", Source: "/somewhere", Destination: "/data", RW: true }],
  };
  change(made as unknown as Made);
  return made as unknown as Inspect;
};

const said = (change: Change, image: ImageConfig | null = IMAGE, lacks: readonly Limit[] = [], against = blueprint()) => {
  const found = inspect(change);
  const instance = { image: found.Image, instanceHash: found.Config.Labels["dev.instar.instance"] ?? "" };
  return judged({ instance, differences: compare(found, bodyOf(against), image, against, lacks) }, REVISION);
};

describe("a container and what its revision makes", () => {
  it("are equal as Instar made it", () => expect(said(() => undefined)).toEqual({ foreign: null, configuration: [] }));

  it.each<[string, Change, RegExp]>([
    [
      "another content on its label",
      (i) => (i.Config.Labels["dev.instar.instance"] = "cc"),
      /its label names the content cc, and revision 1 is aa/,
    ],
    ["another image", (i) => (i.Image = "sha256:2"), /runs 2, and revision 1 is 1/],
    ["another value of a variable", (i) => (i.Config.Env[0] = "SECRET=other"), /Env.SECRET/],
    ["a variable more", (i) => i.Config.Env.push("LD_PRELOAD=/x"), /Env.LD_PRELOAD/],
    ["a variable less", (i) => i.Config.Env.pop(), /Env.PATH/],
    ["another command", (i) => (i.Config.Cmd = ["sh"]), /its Cmd/],
    ["an entrypoint", (i) => (i.Config.Entrypoint = ["sh"]), /its Entrypoint/],
    ["another user", (i) => (i.Config.User = "root"), /its User/],
    ["another working folder", (i) => (i.Config.WorkingDir = "/"), /its WorkingDir/],
    ["a read-only root", (i) => (i.HostConfig["ReadonlyRootfs"] = true), /ReadonlyRootfs/],
    ["privileges", (i) => (i.HostConfig["Privileged"] = true), /Privileged/],
    ["a capability more", (i) => (i.HostConfig["CapAdd"] = ["NET_ADMIN", "SYS_ADMIN"]), /CapAdd/],
    ["a host of its own", (i) => (i.HostConfig["ExtraHosts"] = ["registry:10.9.9.9"]), /ExtraHosts/],
    ["a mount more", (i) => i.Mounts.push({ Type: "bind", Source: "/", Destination: "/host", RW: true }), /Mounts.\/host/],
    ["a mount less", (i) => i.Mounts.pop(), /Mounts.\/data/],
    ["another volume", (i) => i.Mounts.splice(0, 1, { ...mounted, Name: "other" }), /Mounts.\/data/],
  ])("%s makes it foreign, and no value is told", (_, change, expected) => {
    const { foreign } = said((i) => void change(i));
    expect(foreign).toMatch(expected);
    expect(foreign).not.toMatch(/s3cret|=other/);
  });

  it.each<[string, Change, string]>([
    ["another name", (i) => (i.Name = "/other"), `Name is other; it was made ${NAME}`],
    ["more memory", (i) => Object.assign(i.HostConfig, { Memory: 2000, MemorySwap: 0 }), "Memory is 2000; it was made 1000"],
    ["a CPU limit", (i) => (i.HostConfig["NanoCpus"] = 5), "NanoCpus is 5, and was not made"],
    ["another restart policy", (i) => (i.HostConfig["RestartPolicy"] = { Name: "no" }), "RestartPolicy is no; it was made unless-stopped"],
    ["a network more", (i) => (i.NetworkSettings.Networks["bridge"] = {}), "Networks.bridge is attached, and was not made"],
    ["a network less", (i) => (i.NetworkSettings.Networks = {}), "Networks.shop_default is gone; it was 10.211.0.2 web"],
    [
      "another address",
      (i) => (i.NetworkSettings.Networks["shop_default"] = { IPAMConfig: { IPv4Address: "10.211.0.9" }, Aliases: ["web"] }),
      "Networks.shop_default is 10.211.0.9 web; it was made 10.211.0.2 web",
    ],
  ])("%s is a change", (_, change, expected) => expect(said((i) => void change(i))).toEqual({ foreign: null, configuration: [expected] }));

  it("a limit that the kernel cannot keep is dropped by the engine; of an image that is gone nothing is compared", () => {
    const without: Change = (i) => Object.assign(i.HostConfig, { Memory: 0, MemorySwap: 0 });
    expect(said(without, IMAGE, ["memory"]).configuration).toEqual([]);
    expect(said(without).configuration).toHaveLength(1);
    expect(said((i) => i.Config.Env.push("A=b"), null)).toEqual({ foreign: null, configuration: ["Image is gone; it was sha256:1"] });
  });

  it("one that was made when `always` was still the engine's word for it is as it was made; another's `always` is a change", () => {
    const made: Change = (i) => (i.HostConfig["RestartPolicy"] = { Name: "always", MaximumRetryCount: 0 });
    expect(said(made)).toEqual({ foreign: null, configuration: [] });
    const other = blueprint({ restart: { policy: "unless-stopped", maxAttempts: 0 } });
    expect(said(made, IMAGE, [], other).configuration).toEqual(["RestartPolicy is always; it was made unless-stopped"]);
  });

  it("a path is the same with a slash behind it", () => {
    const mounts = SPEC.mounts.map((mount) => ({ ...mount, target: "/data/" }));
    expect(said(() => undefined, IMAGE, [], blueprint({ mounts })).foreign).toBeNull();
  });

  it("an entrypoint of the file's own takes the image's command away", () => {
    const own: Change = (i) => Object.assign(i.Config, { Entrypoint: ["run"], Cmd: [] });
    expect(said(own, IMAGE, [], blueprint({ entrypoint: ["run"] })).foreign).toBeNull();
  });

  it("a secret that is not as it was sealed is told once", () => {
    const instance = { image: "sha256:1", instanceHash: "aa" };
    const differences = [
      { path: "Files./run/secrets/a", expected: "as it was sealed", found: "/x was edited", changeable: true },
      { path: "Mounts./run/secrets/a", expected: null, found: "bind /x read-only", changeable: false },
    ];
    const configuration = ["/x was edited"];
    expect(judged({ instance, differences }, REVISION)).toEqual({ foreign: null, configuration });
  });
});

const mounted = { Type: "volume", Name: "shop_data", Source: "/somewhere", Destination: "/data", RW: true };
