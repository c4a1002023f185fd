import type Docker from "dockerode";
import { describe, expect, test } from "vitest";
import { observe } from "../../src/engine/docker/observation.ts";

const NEVER = "0001-01-01T00:00:00Z";
const EARLY = "2026-11-22T19:00:00.100200300Z";
const LATE = "2026-11-22T19:00:01.9Z";
const labels = {
  "dev.instar.installation": "inst",
  "dev.instar.stack": "shop",
  "dev.instar.service": "web",
  "dev.instar.revision": "7",
  "dev.instar.slot": "2",
  "dev.instar.attempt": "1",
  "dev.instar.generation": "0",
  "dev.instar.instance": "abc",
  "dev.instar.networks": "a,b",
};
const inspect = (state: object, more: { Labels?: object | null; Networks?: object } = {}): Docker.ContainerInspectInfo =>
  ({
    Id: "id1",
    Name: "/shop-web-r7-2-a1",
    Created: EARLY,
    Image: "sha256:1",
    RestartCount: 0,
    State: { Status: "running", ExitCode: 0, OOMKilled: false, StartedAt: EARLY, FinishedAt: NEVER, ...state },
    Config: { Labels: "Labels" in more ? more.Labels : labels },
    NetworkSettings: {
      Networks: more.Networks ?? {
        a: { IPAMConfig: { IPv4Address: "10.0.0.2" }, IPAddress: "10.0.0.2" },
        b: { IPAMConfig: null, IPAddress: "10.1.0.9" },
      },
    },
  }) as unknown as Docker.ContainerInspectInfo;

describe("what an inspect says of an instance", () => {
  test("whole", () => {
    expect(observe(inspect({}))).toEqual({
      ...{ name: "shop-web-r7-2-a1", stack: "shop", service: "web", revision: 7, slot: 2, attempt: 1, generation: 0, instanceHash: "abc" },
      id: "id1",
      state: "running",
      built: true,
      addresses: { a: "10.0.0.2", b: "10.1.0.9" },
      image: "sha256:1",
      createdAt: Date.parse(EARLY),
      startedAt: Date.parse(EARLY),
      finishedAt: null,
      exitCode: null,
      oomKilled: false,
      restartCount: 0,
      health: "none",
      healthDetail: null,
    });
  });

  test.each([
    ["exited", 137],
    ["restarting", 137],
    ["dead", 137],
    ["created", null],
    ["running", null],
  ])("%s shows the exit code %s", (Status, code) => {
    expect(observe(inspect({ Status, ExitCode: 137 }))?.exitCode).toBe(code);
  });

  test("one that ended does not end before it began, whatever the engine's stamps say", () => {
    expect(observe(inspect({ Status: "exited", StartedAt: LATE, FinishedAt: EARLY }))?.finishedAt).toBe(Date.parse(LATE));
    expect(observe(inspect({ Status: "exited", StartedAt: EARLY, FinishedAt: LATE }))?.finishedAt).toBe(Date.parse(LATE));
    // Of one that runs again it is the end of the run before.
    expect(observe(inspect({ Status: "running", StartedAt: LATE, FinishedAt: EARLY }))?.finishedAt).toBe(Date.parse(EARLY));
  });

  test("a stopped one keeps its configured addresses, and only them", () => {
    const Networks = { a: { IPAMConfig: { IPv4Address: "10.0.0.2" }, IPAddress: "" }, b: { IPAMConfig: null, IPAddress: "" } };
    expect(observe(inspect({ Status: "exited" }, { Networks }))?.addresses).toEqual({ a: "10.0.0.2" });
  });

  test("a network of its label that is missing leaves it half-built", () => {
    expect(observe(inspect({}, { Networks: { a: { IPAMConfig: null, IPAddress: "" } } }))?.built).toBe(false);
    const { "dev.instar.networks": _networks, ...without } = labels;
    expect(observe(inspect({}, { Labels: without, Networks: {} }))?.built).toBe(true);
  });

  test("health comes with the words of a check that failed", () => {
    const Log = [
      { ExitCode: 0, Output: "fine" },
      { ExitCode: 1, Output: "too hot\n" },
    ];
    expect(observe(inspect({ Health: { Status: "unhealthy", Log } }))).toMatchObject({ health: "unhealthy", healthDetail: "too hot" });
    expect(observe(inspect({ Health: { Status: "healthy", Log: Log.toReversed() } }))).toMatchObject({
      health: "healthy",
      healthDetail: null,
    });
    expect(observe(inspect({ Health: { Status: "starting", Log: null } }))).toMatchObject({ health: "starting", healthDetail: null });
  });

  test("labels that do not say who it is make it no instance", () => {
    expect(observe(inspect({}, { Labels: null }))).toBeNull();
    expect(observe(inspect({}, { Labels: { ...labels, "dev.instar.slot": "two" } }))).toBeNull();
    expect(observe(inspect({}, { Labels: { ...labels, "dev.instar.stack": "" } }))).toBeNull();
  });
});
