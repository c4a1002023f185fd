import { afterAll, describe, expect, test } from "vitest";
import { createDockerEngine } from "../../src/engine/docker/engine.ts";
import type { BuildSpec } from "../../src/spec/types.ts";
import { BASE_IMAGE, SOCKET } from "./docker-world.ts";
import { imageStore, tarOf } from "./image-store.ts";

const store = imageStore();
const engine = createDockerEngine({ socketPath: SOCKET, installation: "test-build" });
const TAG = "conf-build/web:1";
const spec = (given: Partial<BuildSpec> = {}): BuildSpec => ({
  context: "/src",
  dockerfile: "Dockerfile",
  args: {},
  target: null,
  ...given,
});

afterAll(() => store.close());

describe("a build", () => {
  test("makes a tagged image that is ours, with arguments and target, and shows its steps", async () => {
    store.adopt(TAG);
    const dockerfile = `FROM ${BASE_IMAGE} AS first\nARG COLOUR=none\nLABEL colour=$COLOUR\nCOPY file /file\nFROM first\nLABEL stage=last\n`;
    const lines: string[] = [];
    const context = tarOf({ "docker/My.Dockerfile": dockerfile, file: "content" });
    const image = await engine.build(
      context,
      spec({ dockerfile: "docker/My.Dockerfile", args: { COLOUR: "red" }, target: "first" }),
      TAG,
      (line) => lines.push(line),
    );
    expect(image).toEqual({ reference: TAG, digests: [image.shown], runnable: image.shown, shown: image.shown });
    expect(lines[0]).toMatch(/^Step 1\/\d+ : FROM/);
    const { Config } = await store.docker.getImage(TAG).inspect();
    expect(Config.Labels).toMatchObject({ colour: "red", "dev.instar.installation": "test-build" });
    expect(Config.Labels).not.toHaveProperty("stage");
    expect(await engine.resolveImage(TAG, "always")).toEqual(image);
  });

  test("that fails is INS3008 with its last lines, and leaves the tag as it was", async () => {
    const before = await engine.resolveImage(TAG, "never");
    const dockerfile = `FROM ${BASE_IMAGE}\nRUN echo the-last-words; exit 3\n`;
    const failing = engine.build(tarOf({ Dockerfile: dockerfile }), spec(), TAG);
    await expect(failing).rejects.toMatchObject({
      code: "INS3008",
      message: expect.stringMatching(/non-zero code: 3[\s\S]*the-last-words/),
    });
    expect(await engine.resolveImage(TAG, "never")).toEqual(before);
  });

  test.each([
    ["without its Dockerfile", { other: "x" }, {}],
    ["with a Dockerfile that is none", { Dockerfile: "NONSENSE x\n" }, {}],
    ["with a target that is not there", { Dockerfile: `FROM ${BASE_IMAGE}\n` }, { target: "nowhere" }],
  ])("%s is INS3008", async (_case, files, given) => {
    await expect(engine.build(tarOf(files as Record<string, string>), spec(given), TAG)).rejects.toMatchObject({ code: "INS3008" });
  });
});
