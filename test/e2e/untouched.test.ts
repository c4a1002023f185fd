import { afterAll, beforeAll, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { until } from "./until.ts";

/** Law 1 by the engine's own record. */
const SERVICE = "shop/web";
/** What an end is made of; an exec, an update, a rename, a copy, a pause, a network joined or left has another name. */
const OF_ITS_END = new Set(["kill", "stop", "die"]);

let instar: Installation;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
});
afterAll(async () => instar?.wipe());

interface Told {
  readonly Type: string;
  readonly Action: string;
  readonly timeNano: number;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

/** Everything the engine tells from now on; `end` gives it. It remembers 256 events only, so they are read as they come. */
async function listen(): Promise<{ readonly end: () => Promise<readonly Told[]> }> {
  const stream = (await instar.docker.getEvents({})) as NodeJS.ReadableStream & { destroy(): void };
  const told: Told[] = [];
  let rest = "";
  stream.on("error", () => undefined);
  stream.on("data", (chunk: Buffer) => {
    rest += chunk.toString("utf8");
    const lines = rest.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") told.push(JSON.parse(line) as Told);
  });
  const end = async (): Promise<readonly Told[]> => {
    await instar.docker.getImage(rude("v1")).tag({ repo: "instar-test/told", tag: "latest" });
    await until("the last event to be told", () => told.some(({ Action }) => Action === "tag"));
    stream.destroy();
    await instar.docker.getImage("instar-test/told:latest").remove();
    return told;
  };
  return { end };
}

it("between the start of an instance and its end nothing is done to it, whatever is deployed, and whoever is killed meanwhile", async () => {
  const engine = await listen();
  const file = (image: string, replicas: number) => ({
    services: {
      web: {
        ...{ image, ports: [`${port}:8080`], networks: ["one", "two"], stop_grace_period: "1s", deploy: { replicas } },
        "x-instar": { ready: { http: "/healthz" }, drain: "1s" },
      },
    },
    networks: { one: {}, two: {} },
  });
  await instar.apply("shop", file(rude("v1"), 2));
  await instar.moved("deploy", SERVICE, "--image", rude("v2"));
  await instar.moved("scale", SERVICE, "3");
  await instar.moved("rollback", SERVICE);
  await instar.moved("recycle", SERVICE);
  await instar.run("deploy", SERVICE, "--image", rude("crash"));
  // Killed in the middle of a deployment, which the next daemon ends.
  await instar.kill();
  await instar.up("3");
  await instar.run("deploy", SERVICE, "--image", rude("v3"), "--detach");
  await instar.kill();
  await instar.up();
  await instar.apply("shop", file(rude("v1"), 1), "--unpin", "--force-file");

  const told = await engine.end();
  const names = [...new Set(told.map(({ Actor }) => Actor.Attributes["name"] ?? "").filter((name) => name.startsWith("shop-web-r")))];
  expect(names.length, "instances were made").toBeGreaterThanOrEqual(10);
  const done: string[] = [];
  for (const name of names) {
    const own = told.filter(({ Actor }) => Actor.Attributes["name"] === name);
    const start = own.find(({ Action }) => Action === "start");
    if (start === undefined) continue;
    const die = own.find(({ Action, timeNano }) => Action === "die" && timeNano > start.timeNano)?.timeNano ?? Number.POSITIVE_INFINITY;
    const about = told.filter(({ Actor }) => Actor.ID === start.Actor.ID || Actor.Attributes["container"] === start.Actor.ID);
    for (const { Type, Action, timeNano } of about)
      if (timeNano > start.timeNano && timeNano < die && !OF_ITS_END.has(Action)) done.push(`${name}: ${Type} ${Action}`);
  }
  expect(done).toEqual([]);
});
