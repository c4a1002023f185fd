import { execFile } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, onTestFinished } from "vitest";

const SCRIPTS = join(import.meta.dirname, "../script");
/** The daemon: it says that it serves, and waits for the signal, or until the test is over. */
const SERVES = `import { existsSync } from "node:fs";
console.log(JSON.stringify({ msg: "serving" }));
setInterval(() => existsSync(import.meta.filename) || process.exit(), 100);`;

/** A checkout with the demo's own scripts, and an `instar` and a `docker` that only note how they were called. */
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "instar-demo-test-"));
  cpSync(SCRIPTS, join(root, "script"), { recursive: true });
  writeFileSync(join(root, "package.json"), '{"type":"module"}');
  server(SERVES);
  program("bin/instar", `[ "$1" = server ] && exec "${process.execPath}" "${root}/cli.js" server`);
  program("path/docker", "");
});
afterEach(() => rmSync(root, { recursive: true }));

/** What comes after the call was noted. */
function program(path: string, then: string): void {
  mkdirSync(join(root, path, ".."), { recursive: true });
  writeFileSync(join(root, path), `#!/bin/sh\necho "$(basename "$0") $*" >>"${root}/calls"\n${then}\n`);
  chmodSync(join(root, path), 0o755);
}

const server = (text: string): void => writeFileSync(join(root, "cli.js"), text);
const calls = (): string => (existsSync(join(root, "calls")) ? readFileSync(join(root, "calls"), "utf8") : "");

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function demo(flags: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const around = { PATH: `${join(root, "path")}:${process.env.PATH}`, ...env };
  return new Promise((resolve) => {
    execFile(process.execPath, [join(root, "script/demo.ts"), ...flags], { env: around }, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : error === null ? 0 : 1, out, err }),
    );
  });
}

/** A folder with a file in it. */
function folder(name: string, file: string): string {
  mkdirSync(join(root, name));
  writeFileSync(join(root, name, file), "of the test\n");
  return join(root, name);
}

/** The port of a server of the test's. */
async function listening(answer: RequestListener): Promise<string> {
  const made = createServer(answer);
  onTestFinished(() => void made.close());
  await new Promise<void>((resolve) => made.listen(0, "127.0.0.1", resolve));
  return String((made.address() as AddressInfo).port);
}

it.each(["--stop", "--once", "--json"])(
  "%s refuses a home with something in it that no demo made, before anything is called",
  async (flag) => {
    const home = folder("real", "installation");
    const ended = await demo([flag, "--json"], { INSTAR_HOME: home });
    const why = `${home} is not the home of a demo → unset INSTAR_HOME, or name a folder that is empty or not there`;
    expect([ended.code, JSON.parse(ended.out), ended.err]).toEqual([64, { deployments: [], error: why }, `error: ${why}\n`]);
    expect([calls(), readdirSync(home)]).toEqual(["", ["installation"]]);
  },
);

it("what a demo made it takes down, with or without INSTAR_HOME; a home of that name needs no mark", async () => {
  program("bin/instar", `[ "$1" = server ] && exec "${process.execPath}" "${root}/cli.js" server; [ "$1" != up ]`);
  for (const env of [{}, { INSTAR_HOME: join(root, "other") }]) {
    const started = await demo([], env);
    expect(started).toMatchObject({ code: 1, out: expect.stringContaining("it goes on running") });
    expect(await demo(["--stop"], env)).toMatchObject({ code: 0, out: "▸ the demo is gone\n" });
  }
  folder(".demo", "installation");
  expect(await demo(["--stop"])).toMatchObject({ code: 0 });
  expect(calls()).toContain("docker ps -aq --filter label=dev.instar.installation=of the test\n");
  expect([existsSync(join(root, ".demo")), existsSync(join(root, "other"))]).toEqual([false, false]);
});

it("--once --json: when a verb fails, that is the one line, and nothing is left", async () => {
  program("bin/instar", `case $1 in server) exec "${process.execPath}" "${root}/cli.js" server ;; up) echo why >&2; exit 3 ;; esac`);
  const ended = await demo(["--once", "--json"]);
  const error = `instar up -f ${root}/examples/shop/compose.yaml --stack instar-demo ended with 3: why`;
  expect([ended.code, ended.out]).toEqual([1, `${JSON.stringify({ deployments: [], error })}\n`]);
  expect(calls().trim().split("\n").slice(-2)).toEqual([expect.stringContaining("instar up"), "instar down instar-demo --volumes --json"]);
  expect(existsSync(join(root, ".demo"))).toBe(false);
});

it("--once --json: requests that failed are counted in the line, and nothing is left", async () => {
  const asked = join(root, "asked");
  const DEMO_PORT = await listening((_, response) => {
    response.writeHead(500).end("broken");
    writeFileSync(asked, "");
  });
  const DEMO_STORE_PORT = await listening((_, response) => response.end('{"list":[]}'));
  program(
    "bin/instar",
    `case $1 in
      server) exec "${process.execPath}" "${root}/cli.js" server ;;
      deploy) until [ -e "${asked}" ]; do sleep 0.05; done ;;
    esac
    echo '{"deployments":[]}'`,
  );
  const ended = await demo(["--once", "--json"], { DEMO_PORT, DEMO_STORE_PORT });
  const told = JSON.parse(ended.out);
  expect(told).toMatchObject({ deployments: [], lostRows: 0, error: `${told.failed} requests failed, 0 rows were lost` });
  expect([ended.code, told.failed > 0, told.requests >= told.failed]).toEqual([1, true, true]);
  expect([calls().trim().split("\n").at(-1), existsSync(join(root, ".demo"))]).toEqual(["instar down instar-demo --volumes --json", false]);
});

it("another daemon's answer is not taken for that of the demo's own, which did not start", async () => {
  // Every other word is answered, as a daemon that is there would.
  server(`setTimeout(() => { console.log("error INS6002 another daemon"); process.exit(1); }, 500);`);
  folder(".demo", "installation");
  const ended = await demo(["--once", "--json"]);
  expect([ended.code, JSON.parse(ended.out)]).toEqual([
    1,
    { deployments: [], error: "the daemon ended with 1: error INS6002 another daemon" },
  ]);
  expect(calls()).toBe("instar server\n");
  // An earlier demo's, which that daemon may have: it is not this run's to remove.
  expect(existsSync(join(root, ".demo/installation"))).toBe(true);
});

// Else the script asks sudo.
it.runIf(process.getuid?.() === 0)("a setup that fails leaves a line, too", async () => {
  writeFileSync(join(root, "script/setup"), "#!/bin/sh\necho said\nexit 3\n");
  const ended = await new Promise<readonly unknown[]>((resolve) => {
    execFile(join(root, "script/demo"), ["--once", "--json"], (error, out, err) => resolve([error?.code, out, err]));
  });
  expect(ended).toEqual([3, '{"deployments":[],"error":"script/setup failed"}\n', "said\n"]);
});
