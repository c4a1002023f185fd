import type Docker from "dockerode";
import { describe, expect, it } from "vitest";
import { compare, type ImageDefaults } from "../../src/engine/docker/compare.ts";
import type { Revision, ServiceSpec } from "../../src/spec/types.ts";
import { serviceSpec } from "../conformance/service-spec.ts";

const NAME = "shop-web-r1-1-a1";
const IMAGE: ImageDefaults = { Env: ["PATH=/bin", "VERSION=1"], Cmd: ["serve"], Entrypoint: null, User: "node", WorkingDir: "/app" };
const SPEC = serviceSpec({
  environment: { SECRET: "s3cret", VERSION: "2" },
  mounts: [{ kind: "volume", source: "data", target: "/data", readOnly: false, createHostPath: false }],
  capAdd: ["NET_ADMIN"],
  resources: { nanoCpus: 0, memoryBytes: 1000, memoryReservationBytes: 0, pids: 0 },
  restart: { policy: "always", maxAttempts: 0 },
});
const revision = (spec: Partial<ServiceSpec> = {}): Revision => ({
  ...{
    stack: "shop",
    service: "web",
    number: 1,
    specVersion: 1,
    createdAt: 0,
    who: "me",
    why: "up",
    revisionHash: "bb",
    instanceHash: "aa",
  },
  spec: { ...SPEC, ...spec },
  image: { reference: "web:1", digests: ["sha256:1"], runnable: "web:1", shown: "sha256:1" },
  ...{ volumeNames: { data: "shop_data" }, networkNames: {} },
});

type Change = (inspect: Inspect) => void;
interface Inspect {
  Name: string;
  Image: string;
  Config: { Env: string[]; Cmd: string[]; Entrypoint: null | string[]; User: string; WorkingDir: string; Labels: Record<string, string> };
  HostConfig: Record<string, unknown>;
  NetworkSettings: { Networks: Record<string, object> };
  Mounts: { Type: string; Destination: string }[];
}
const inspect = (change: Change = () => undefined): Docker.ContainerInspectInfo => {
  const made: Inspect = {
    ...{ Name: `/${NAME}`, Image: "sha256:1" },
    Config: {
      ...{ Env: ["SECRET=s3cret", "VERSION=2", "PATH=/bin"], Cmd: ["serve"], Entrypoint: null, User: "node", WorkingDir: "/app" },
      Labels: { "dev.instar.instance": "aa", "dev.instar.networks": "shop_default" },
    },
    HostConfig: {
      ReadonlyRootfs: false,
      Privileged: false,
      CapAdd: ["CAP_NET_ADMIN"],
      CapDrop: null,
      Memory: 1000,
      RestartPolicy: { Name: "always" },
    },
    NetworkSettings: { Networks: { shop_default: {} } },
    Mounts: [{ Type: "volume", Destination: "/data" }],
  };
  change(made);
  return made as unknown as Docker.ContainerInspectInfo;
};

const said = (change: Change, image: ImageDefaults | null = IMAGE) => compare(inspect(change), revision(), image, NAME);

describe("a container and the revision its labels name", () => {
  it("are equal as Instar made it", () => expect(said(() => undefined)).toEqual({ foreign: null, configuration: [] }));

  it.each<[string, Change, RegExp]>([
    [
      "another content on its label",
      (i) => (i.Config.Labels["dev.instar.instance"] = "cc"),
      /its label names the content cc, revision 1 is aa/,
    ],
    ["another image", (i) => (i.Image = "sha256:2"), /runs the image sha256:2/],
    ["another value of a variable", (i) => (i.Config.Env[0] = "SECRET=other"), /the environment \(SECRET\)/],
    ["a variable more", (i) => i.Config.Env.push("LD_PRELOAD=/x"), /the environment \(LD_PRELOAD\)/],
    ["a variable less", (i) => i.Config.Env.pop(), /the environment \(PATH\)/],
    ["another command", (i) => (i.Config.Cmd = ["sh"]), /the command/],
    ["an entrypoint", (i) => (i.Config.Entrypoint = ["sh"]), /the entrypoint/],
    ["another user", (i) => (i.Config.User = "root"), /the user/],
    ["another working folder", (i) => (i.Config.WorkingDir = "/"), /the working folder/],
    ["a read-only root", (i) => (i.HostConfig["ReadonlyRootfs"] = true), /root is read-only/],
    ["privileges", (i) => (i.HostConfig["Privileged"] = true), /privileged/],
    ["a capability more", (i) => (i.HostConfig["CapAdd"] = ["NET_ADMIN", "SYS_ADMIN"]), /capabilities/],
    ["a mount more", (i) => i.Mounts.push({ Type: "bind", Destination: "/host" }), /\/host is mounted/],
    ["a mount less", (i) => i.Mounts.pop(), /\/data of revision 1 is not mounted/],
  ])("%s makes it foreign, and no value is told", (_, change, expected) => {
    const { foreign } = said((i) => void change(i));
    expect(foreign).toMatch(expected);
    expect(foreign).not.toMatch(/s3cret|=other/);
  });

  it.each<[string, Change, string]>([
    ["another name", (i) => (i.Name = "/other"), `it is called other, not ${NAME}`],
    ["more memory", (i) => (i.HostConfig["Memory"] = 2000), "the memory is 2000, not 1000"],
    ["a CPU limit", (i) => (i.HostConfig["NanoCpus"] = 5), "the CPU limit is 5, not unlimited"],
    ["another restart policy", (i) => (i.HostConfig["RestartPolicy"] = { Name: "no" }), "the restart policy is no, not always"],
    ["a network more", (i) => (i.NetworkSettings.Networks["bridge"] = {}), "it is connected to bridge too"],
    ["a network less", (i) => (i.NetworkSettings.Networks = {}), "it is not connected to shop_default"],
  ])("%s is a change", (_, change, expected) => expect(said((i) => void change(i))).toEqual({ foreign: null, configuration: [expected] }));

  it("a limit that the kernel cannot keep reads 0, and an image that is gone is not compared", () => {
    expect(said((i) => (i.HostConfig["Memory"] = 0)).configuration).toEqual([]);
    expect(said((i) => i.Config.Env.push("A=b"), null).foreign).toBeNull();
  });

  it("an entrypoint of the file's own takes the image's command away", () => {
    const own = inspect((i) => {
      i.Config.Entrypoint = ["run"];
      i.Config.Cmd = [];
    });
    expect(compare(own, revision({ entrypoint: ["run"] }), IMAGE, NAME).foreign).toBeNull();
  });
});
