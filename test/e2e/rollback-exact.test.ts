import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { Installation } from "./installation.ts";
import { freePort } from "./ports.ts";
import { rudeStack } from "./stacks.ts";
import { until } from "./until.ts";

const TAG = "instar-test/tagged:latest";
let instar: Installation;
let port: number;
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
});
afterAll(async () => instar?.wipe());

const pointTo = (version: "v1" | "v2"): Promise<unknown> =>
  instar.docker.getImage(rude(version)).tag({ repo: "instar-test/tagged", tag: "latest" });

interface Answer {
  readonly version: string;
  readonly env: Readonly<Record<string, string>>;
}
const answer = async (): Promise<Answer> =>
  (await (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })).json()) as Answer;
const file = (colour: string, image: string) => rudeStack({ port, image, replicas: 2, environment: { COLOUR: colour }, drain: "1s" });

describe("rollback is exact", () => {
  it("serves revision 1's digest and environment after tag, environment and file have all changed", async () => {
    await pointTo("v1");
    await instar.apply("shop", file("red", TAG));
    const first = (await instar.history("shop/web")).revisions.find((revision) => revision.number === 1);
    expect(await answer()).toMatchObject({ version: "v1", env: { COLOUR: "red" } });

    await pointTo("v2");
    await instar.moved("redeploy", "shop/web");
    expect(await answer()).toMatchObject({ version: "v2", env: { COLOUR: "red" } });
    await instar.apply("shop", file("blue", rude("v3")));
    expect(await answer()).toMatchObject({ version: "v3", env: { COLOUR: "blue" } });

    const back = await instar.moved("rollback", "shop/web", "--to", "1");
    expect(back.cause.kind).toBe("rollback");
    expect(await answer()).toMatchObject({ version: "v1", env: { COLOUR: "red" } });
    const serving = (await instar.instances()).filter((one) => one.phase === "serving");
    expect(serving.map((one) => one.digest)).toEqual([first?.digest, first?.digest]);
    for (const one of await instar.running("web")) expect(one.environment).toContain("COLOUR=red");
  });

  it("and a following up of the same file does not undo it silently", async () => {
    const again = await instar.run("up", "-f", instar.file("shop", file("blue", rude("v3"))), "--stack", "shop");
    expect(await answer(), again.stdout + again.stderr).toMatchObject({ version: "v1", env: { COLOUR: "red" } });
    expect(again.stdout + again.stderr).toMatch(/pinned|kept/i);
    expect((await instar.services()).find((one) => one.stack === "shop")?.pinned).toBe(true);
  });

  it("until it is unpinned", async () => {
    await instar.apply("shop", file("blue", rude("v3")), "--unpin");
    expect(await answer()).toMatchObject({ version: "v3", env: { COLOUR: "blue" } });
  });

  it("and to the revision before when none is named", async () => {
    await instar.apply("shop", file("green", rude("v3")));
    expect(await answer()).toMatchObject({ env: { COLOUR: "green" } });
    await instar.moved("rollback", "shop/web");
    expect(await answer()).toMatchObject({ version: "v3", env: { COLOUR: "blue" } });
  });

  it("a tag that moves while the daemon is dead in the middle of its deployment changes nothing of it", async () => {
    await pointTo("v1");
    await instar.apply("shop", file("red", TAG), "--unpin", "--force-file");
    await pointTo("v2");
    await instar.kill();
    await instar.up("2");
    await instar.run("redeploy", "shop/web", "--detach");
    await until("the daemon to die after its second step", () => !instar.alive);
    await pointTo("v1");
    await instar.up();
    await until("the deployment to end", async () => (await instar.latest("shop/web")).outcome === "succeeded");
    expect(await answer()).toMatchObject({ version: "v2", env: { COLOUR: "red" } });
  });
});
