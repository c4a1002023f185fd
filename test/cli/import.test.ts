import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run } from "./spawn.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "instar-import-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const put = (name: string, text: string) => writeFile(join(folder, name), text);
/** There is no daemon, and none is asked for. */
const instar = (...args: string[]) => run(args, { INSTAR_HOME: "/nonexistent" }, folder);

/** The two YAML blocks of docs/import.md and its remarks: what is documented is what happens. */
const page = await readFile(new URL("../../docs/import.md", import.meta.url), "utf8");
const blocks = [...page.matchAll(/```(?:yaml)?\n([^`]*)```/g)].map(([, text = ""]) => text);

test("the example of the page: the file on stdout, remarks on stderr, and config takes it", async () => {
  const [old = "", now = "", remarks = ""] = blocks;
  await put("tutum.yml", old);
  const { code, out, err } = await instar("import");
  expect({ code, out }).toEqual({ code: 0, out: now });
  expect(err.replaceAll(`${folder}/`, "")).toBe(remarks);
  await put("compose.yaml", out);
  expect(await instar("config", "--stack", "shop")).toMatchObject({ code: 0, out: expect.stringContaining("db-var-lib-db") });
});

test("--json is the document and its notes; nothing is on stderr", async () => {
  await put("docker-cloud.yml", "web: {image: a, tags: [x]}");
  await put("tutum.yml", "other: {image: b}");
  const { code, out, err } = await instar("import", "--json");
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(JSON.parse(out)).toEqual({
    file: { services: { web: { image: "a" } } },
    notes: [
      {
        at: { file: join(folder, "docker-cloud.yml"), line: 1, column: 17 },
        service: "web",
        key: "tags",
        became: null,
        note: expect.stringContaining("one machine"),
      },
    ],
    unsettled: null,
    output: null,
  });
});

test("-o writes the file, and over one that is there only with --force", async () => {
  await put("tutum.yaml", "web: {image: a}");
  await put("tutum.override.yml", "web: {image: b}");
  const to = join(folder, "compose.yaml");
  expect(await instar("import", "-o", "compose.yaml")).toMatchObject({ code: 0, out: expect.stringContaining(to) });
  expect(await readFile(to, "utf8")).toBe("services:\n  web:\n    image: b\n");
  await put("compose.yaml", "mine");
  const again = await instar("import", "-o", "compose.yaml");
  expect(again).toMatchObject({
    code: 64,
    out: "",
    err: expect.stringMatching(/^error INS1201 .*compose.yaml is there already → .*--force\n$/),
  });
  expect(await readFile(to, "utf8")).toBe("mine");
  expect(await instar("import", "-o", "compose.yaml", "--force")).toMatchObject({ code: 0 });
  expect(await readFile(to, "utf8")).toContain("image: b");
  expect(await instar("import", "-o", "none/compose.yaml")).toMatchObject({ code: 64, err: expect.stringContaining("INS2001") });
  await expect(stat(join(folder, "compose.yaml.partial"))).rejects.toThrow("ENOENT");
});

test("refusals have their place, and nothing is printed or written", async () => {
  await put("old.yml", "web:\n  image: a\n  target_num_container: 2\n");
  const { code, out, err } = await instar("import", "-f", "old.yml", "-o", "new.yaml");
  expect({ code, out }).toEqual({ code: 65, out: "" });
  expect(err.replaceAll(folder, "")).toMatch(
    /^error INS1003 \/old.yml:3:3 web.target_num_container: unknown key .* → did you mean target_num_containers\?\n$/,
  );
  await expect(stat(join(folder, "new.yaml"))).rejects.toThrow("ENOENT");
  expect(await instar("import")).toMatchObject({ code: 65, err: expect.stringMatching(/^error INS1001 there is no docker-cloud.yml/) });
});

test("a variable that is not set is told, and the file is printed", async () => {
  await put("tutum.yml", "web: {image: 'a:${TAG:?which}'}");
  const { code, out, err } = await instar("import");
  expect({ code, out }).toEqual({ code: 0, out: "services:\n  web:\n    image: a:${TAG:?which}\n" });
  expect(err).toMatch(/^unsettled error INS1005 .*tutum.yml:1:14 web.image: TAG is required: which → /);
});
