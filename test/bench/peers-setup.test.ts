import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { configuration, serversUp } from "../../bench/peers/balancer.ts";
import { withDescendants } from "../../bench/peers/memory.ts";

it("reads from HAProxy's page which instances are in rotation", () => {
  const csv = [
    "# pxname,svname,status,addr,",
    "instances,web-1,UP,10.0.1.2:8080,",
    "instances,web-2,UP 1/2,10.0.1.3:8080,",
    "instances,web-3,MAINT (resolution),:8080,",
    "instances,web-4,DOWN,10.0.1.4:8080,",
    "instances,BACKEND,UP,,",
    "stats,web-9,UP,10.0.1.9:8080,",
  ];
  expect(serversUp(`${csv.join("\n")}\n`)).toEqual(["10.0.1.2", "10.0.1.3"]);
});

it("gives a single writer's requests time to outlast its restart", () => {
  expect(configuration("tasks.x", true)).toContain("retries 10");
  expect(configuration("tasks.x", false)).toMatch(/retries 3[\s\S]*tasks\.x:8080 check inter 500ms fall 1 rise 1 observe layer4/);
});

it("counts an engine with its containers, and not what only makes them", () => {
  const all = [
    { pid: 1, parent: 0, program: "init" },
    { pid: 10, parent: 1, program: "dockerd" },
    { pid: 11, parent: 10, program: "containerd" },
    { pid: 12, parent: 10, program: "exe" },
    { pid: 20, parent: 1, program: "containerd-shim" },
    { pid: 21, parent: 20, program: "node" },
    { pid: 22, parent: 20, program: "runc:[2:INIT]" },
    { pid: 30, parent: 1, program: "node" },
  ];
  expect([...withDescendants(all, [10, 11, 20])].sort((a, b) => a - b)).toEqual([10, 11, 20, 21]);
});

it("has a polite application that answers what is under way and then leaves", async () => {
  const script = fileURLToPath(new URL("../apps/rude.js", import.meta.url));
  const child = fork(script, [], {
    env: { PORT: "0", HOST: "127.0.0.1", POLITE: "1", VERSION: "v1" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const [{ port }] = (await once(child, "message")) as [{ port: number }];
  const url = `http://127.0.0.1:${port}`;
  const answer = fetch(`${url}/?n=1&delay=400`);
  // The one before it on another connection has been answered: this one is in its hands by then.
  await fetch(`${url}/?n=2&delay=100`);
  child.kill("SIGTERM");
  const ended = once(child, "exit");
  expect(await (await answer).json()).toMatchObject({ n: "1", version: "v1" });
  expect(await ended).toEqual([0, null]);
  await expect(fetch(url)).rejects.toThrow();
});
