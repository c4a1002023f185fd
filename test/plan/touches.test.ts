import { describe, expect, it } from "vitest";
import { type Heard, healthcheckText, touchesOf, type Watched } from "../../src/plan/touches.ts";

const web: Watched = {
  ...{ id: "c1", name: "shop-web-r1-1-a1", stack: "shop", service: "web", volumes: ["shop_data"], life: "running", startedAt: 1000 },
  healthcheck: "/bin/sh -c curl -f localhost",
};
const heard = (more: Partial<Heard>): Heard => ({ at: 2000, action: "", kind: "container", id: "c1", name: web.name, labels: {}, ...more });
const ours = (id: string): boolean => id.startsWith("c");
const touch = (more: Partial<Heard>, watched: Partial<Watched> = {}) =>
  touchesOf(heard(more), new Map([["c1", { ...web, ...watched }]]), ours).map(({ kind, detail, taints }) => [kind, detail, taints]);

describe("what the engine tells of an instance", () => {
  it.each<[string, Partial<Heard>, [string, string, boolean]]>([
    ["an exec", { action: "exec_start", detail: "sh -c id" }, ["exec", "sh -c id", true]],
    ["an exec without arguments ends with a space", { action: "exec_start", detail: "bash " }, ["exec", "bash", true]],
    [
      "an exec that begins like the healthcheck",
      { action: "exec_start", detail: "/bin/sh -c curl -f localhost; id" },
      ["exec", "/bin/sh -c curl -f localhost; id", true],
    ],
    ["an exec of which no words are told", { action: "exec_start" }, ["exec", "", true]],
    ["cp in", { action: "extract-to-dir" }, ["copy", "files were copied into it", true]],
    ["cp out", { action: "archive-path" }, ["copy", "files were copied out of it", false]],
    ["update", { action: "update" }, ["update", "its limits or its restart policy were changed", true]],
    [
      "rename",
      { action: "rename", name: "/other", labels: { oldName: "/shop-web-r1-1-a1" } },
      ["rename", "shop-web-r1-1-a1 → other", true],
    ],
    ["pause", { action: "pause" }, ["pause", "it was paused", true]],
    ["unpause", { action: "unpause" }, ["pause", "it was resumed", true]],
    ["restart", { action: "restart" }, ["restart", "it was restarted", false]],
    [
      "network connect",
      { kind: "network", action: "connect", name: "other", labels: { container: "c1" } },
      ["network", "connected to other", true],
    ],
    [
      "a connect on the very instant of the start",
      { kind: "network", action: "connect", name: "n", at: 1000, labels: { container: "c1" } },
      ["network", "connected to n", true],
    ],
    [
      "network disconnect",
      { kind: "network", action: "disconnect", name: "n", labels: { container: "c1" } },
      ["network", "disconnected from n", true],
    ],
    [
      "a foreign writer on its volume",
      { kind: "volume", action: "mount", name: "shop_data", labels: { container: "x99", "read/write": "true" } },
      ["mount", "the volume shop_data was mounted read-write by the container x99", true],
    ],
    [
      "a foreign reader of its volume",
      { kind: "volume", action: "mount", name: "shop_data", labels: { container: "x99", "read/write": "false" } },
      ["mount", "the volume shop_data was mounted read-only by the container x99", false],
    ],
    [
      "a foreign writer is called by the first twelve of its id",
      { kind: "volume", action: "mount", name: "shop_data", labels: { container: "x".repeat(64) } },
      ["mount", "the volume shop_data was mounted read-write by the container xxxxxxxxxxxx", true],
    ],
  ])("%s is a touch", (_, event, expected) => expect(touch(event)).toEqual([expected]));

  it.each<[string, Partial<Heard>, Partial<Watched>?]>([
    ["its own healthcheck", { action: "exec_start", detail: "/bin/sh -c curl -f localhost" }],
    ["a healthcheck of one word", { action: "exec_start", detail: "check " }, { healthcheck: "check" }],
    ["what else a network tells", { kind: "network", action: "update", labels: { container: "c1" } }],
    ["a mount by nobody", { kind: "volume", action: "mount", name: "shop_data" }],
    ["a mount on what has ended", { kind: "volume", action: "mount", name: "shop_data", labels: { container: "x99" } }, { life: "ended" }],
    ["an exec that is not started yet", { action: "exec_create", detail: "sh" }],
    ["what follows an exec", { action: "exec_die", detail: "sh" }],
    ["health", { action: "health_status", detail: "healthy" }],
    ["a start", { action: "start" }],
    ["a death", { action: "die" }],
    ["another container on a network", { kind: "network", action: "connect", labels: { container: "c2" } }],
    ["nobody on a network", { kind: "network", action: "connect" }],
    ["another container", { action: "exec_start", detail: "sh", id: "c2" }],
    ["the connect of a start", { kind: "network", action: "connect", labels: { container: "c1" } }, { life: "created", startedAt: null }],
    ["the disconnect of an end", { kind: "network", action: "disconnect", labels: { container: "c1" } }, { life: "ended" }],
    ["the connect before this start, heard late", { kind: "network", action: "connect", at: 999, labels: { container: "c1" } }],
    ["its own mount", { kind: "volume", action: "mount", name: "shop_data", labels: { container: "c1" } }],
    ["another instance's mount", { kind: "volume", action: "mount", name: "shop_data", labels: { container: "c7" } }],
    ["somebody's mount of somebody's volume", { kind: "volume", action: "mount", name: "other", labels: { container: "x99" } }],
    ["an unmount", { kind: "volume", action: "unmount", name: "shop_data", labels: { container: "x99" } }],
    ["an image", { kind: "image", action: "tag" }],
  ])("%s is none", (_, event, watched) => expect(touch(event, watched)).toEqual([]));

  it("without a healthcheck the same words are an exec", () =>
    expect(touch({ action: "exec_start", detail: "/bin/sh -c curl -f localhost" }, { healthcheck: null })).toHaveLength(1));
});

describe("a healthcheck as the engine prints it", () => {
  it.each<[readonly string[], readonly string[], string | null]>([
    [["CMD-SHELL", "true && echo hi"], [], "/bin/sh -c true && echo hi"],
    [["CMD-SHELL", "true"], ["/bin/bash", "-ec"], "/bin/bash -ec true"],
    [["CMD", "curl", "-f", "http://x"], [], "curl -f http://x"],
    [["CMD", "check"], [], "check"],
    [["CMD", "check", ""], [], "check"],
    [["CMD-SHELL", "true "], [], "/bin/sh -c true"],
    [["NONE"], [], null],
    [[], [], null],
  ])("%j with the shell %j", (test, shell, expected) => expect(healthcheckText(test, shell)).toBe(expected));
});
