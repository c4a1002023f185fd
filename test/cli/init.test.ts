import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isShared } from "../../src/cli/daemon-container.ts";
import { SETTINGS, settingsFileOf, settingsIn, unitOf } from "../../src/cli/unit.ts";
import { InstarError } from "../../src/errors.ts";
import { run } from "./spawn.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "instar-root-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const init = (args: readonly string[] = [], env: Record<string, string> = {}) => run(["init", "--root", root, ...args], env);
const unit = () => join(root, "etc/systemd/system/instar.service");
const settings = () => join(root, "etc/default/instar");
const text = (path: string): string => readFileSync(path, "utf8");
const there = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

describe("instar init --root", () => {
  it("writes the unit, begins it with the machine, and puts the command and the settings of here where they are looked for", async () => {
    const ended = await init(["--json"], { INSTAR_LISTEN: "127.0.0.1:7090", INSTAR_HOME: "/srv/instar" });
    expect([ended.code, JSON.parse(ended.out)]).toEqual([
      0,
      {
        unit: unit(),
        settings: settings(),
        command: join(root, "usr/local/bin/instar"),
        home: "/srv/instar",
        started: false,
      },
    ]);
    const command = readlinkSync(join(root, "usr/local/bin/instar"));
    expect(text(unit())).toContain(`\nExecStart="${command}" server\n`);
    expect(readlinkSync(join(root, "etc/systemd/system/multi-user.target.wants/instar.service"))).toBe("../instar.service");
    expect(settingsIn(text(settings()))).toEqual({ INSTAR_LISTEN: "127.0.0.1:7090", INSTAR_HOME: "/srv/instar" });
  });

  it("again changes nothing; settings that were written since count, and what is set here is told", async () => {
    await init();
    writeFileSync(settings(), 'INSTAR_LOG=debug\nINSTAR_POOL="10.1.0.0/16"\n');
    const again = await init([], { INSTAR_LOG: "warn", INSTAR_POOL: "10.1.0.0/16" });
    expect([again.code, again.out]).toEqual([0, expect.stringContaining("instar.service, settings in ")]);
    expect(again.err).toBe("INSTAR_LOG is warn here, and debug in /etc/default/instar, which counts: change it there\n");
    expect(text(settings())).toBe('INSTAR_LOG=debug\nINSTAR_POOL="10.1.0.0/16"\n');
  });

  it.each([
    ["a unit", "etc/systemd/system/instar.service"],
    ["a command", "usr/local/bin/instar"],
  ])("%s of somebody else's stays, unless it may be replaced", async (_, path) => {
    mkdirSync(join(root, path, ".."), { recursive: true });
    writeFileSync(join(root, path), "mine\n");
    const refused = await init();
    expect([refused.code, refused.err]).toEqual([64, expect.stringContaining(`INS7017 ${join(root, path)} `)]);
    expect(text(join(root, path))).toBe("mine\n");
    expect((await init(["--force"])).code).toBe(0);
    expect(await init(["--remove"])).toMatchObject({ code: 0, out: expect.stringContaining("removed ") });
    expect(there(join(root, path))).toBe(false);
  });

  it("--remove takes away what init made and leaves the settings, and a unit of somebody else's", async () => {
    await init();
    expect((await init(["--remove"])).code).toBe(0);
    expect([there(unit()), there(settings()), there(join(root, "usr/local/bin/instar"))]).toEqual([false, true, false]);
    writeFileSync(unit(), "mine\n");
    symlinkSync("/elsewhere", join(root, "usr/local/bin/instar"));
    const second = await init(["--remove"]);
    expect([second.code, second.out]).toEqual([0, "there is no service of instar init's\n"]);
    expect([there(unit()), there(join(root, "usr/local/bin/instar"))]).toEqual([true, true]);
  });

  describe("after the checkout was moved", () => {
    const command = () => join(root, "usr/local/bin/instar");
    /** What `init` left that ran in a checkout at `old`. */
    const madeAt = (old: string): void => {
      writeFileSync(unit(), unitOf(old, "/etc/default/instar"));
      rmSync(command());
      symlinkSync(old, command());
    };

    it.each([
      ["is there still, and our unit starts it", "instar", true],
      ["is gone", "gone/bin/instar", false],
    ])("the command is ours that leads to a program that %s: init replaces it, --remove takes it away", async (_, name, started) => {
      await init();
      const here = readlinkSync(command());
      const old = join(root, name);
      if (started) writeFileSync(old, "");
      for (const [args, after] of [
        [[], here],
        [["--remove"], null],
      ] as const) {
        madeAt(old);
        if (!started) rmSync(unit());
        expect(await init(args)).toMatchObject({ code: 0, err: "" });
        expect(there(command()) ? readlinkSync(command()) : null).toBe(after);
      }
    });

    it("a link to what is there and our unit does not start is somebody else's, and one to what is gone and is no bin/instar", async () => {
      await init();
      mkdirSync(join(root, "opt/bin"), { recursive: true });
      writeFileSync(join(root, "opt/bin/instar"), "");
      // The last is there below this root.
      for (const other of [join(root, "opt/bin/instar"), "/gone/instar", "/opt/bin/instar"]) {
        rmSync(command());
        symlinkSync(other, command());
        expect(await init()).toMatchObject({ code: 64, err: expect.stringContaining(`INS7017 ${command()} leads to ${other}`) });
      }
      expect((await init(["--remove"])).code).toBe(0);
      expect(readlinkSync(command())).toBe("/opt/bin/instar");
    });
  });

  it("--print only prints", async () => {
    const { code, out } = await init(["--print"]);
    expect([code, out.split("\n")[1], there(unit())]).toEqual([0, "[Unit]", false]);
  });
});

// Where it does run, this would install a service.
it.skipIf(there("/run/systemd/system"))("where systemd does not run, nothing is written", async () => {
  const { code, err } = await run(["init"], {});
  expect([code, err]).toEqual([69, expect.stringContaining("INS7016 systemd does not run this machine")]);
});

it("--container --print shows how the engine would start it: with the settings of here, on this machine's own root", async () => {
  const { code, out } = await run(["init", "--container", "--print"], { INSTAR_LISTEN: "none", INSTAR_ROUTER_IMAGE: "my/router:1" });
  expect([code, out]).toEqual([
    0,
    expect.stringMatching(/^docker run .* --env INSTAR_LISTEN=none .*chroot my\/router:1 \/host \/.*\/bin\/instar server$/m),
  ]);
});

it.each([
  ["1 0 8:1 / / rw,relatime shared:1 - ext4 /dev/sda rw\n2 1 0:5 / /dev rw - devtmpfs d rw", true],
  ["1 0 8:1 / / rw,relatime - ext4 /dev/sda rw\n2 1 0:5 / /dev rw shared:3 - devtmpfs d rw", false],
  ["1 0 8:1 / / rw,relatime master:1 - ext4 shared:1 rw", false],
])("what is mounted later is passed on: %j: %s", (mountinfo, shared) => expect(isShared(mountinfo)).toBe(shared));

it("a path that systemd would read otherwise is refused; one with a space is quoted", () => {
  expect(unitOf("/opt/my apps/bin/instar", "/s")).toContain('\nExecStart="/opt/my apps/bin/instar" server\n');
  for (const path of ["/opt/100%/instar", "/opt/$HOME/instar", '/opt/"/instar', "/opt/a\nExecStartPre=x", "/opt/a\\b"])
    expect(() => unitOf(path, "/s")).toThrow(InstarError);
});

it("every setting is read back as it was set, whatever is in it; a line break is refused", () => {
  const value = fc.string({ minLength: 1, maxLength: 20 }).filter((one) => !/[\r\n\0]/.test(one));
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...SETTINGS), value), (env) => {
      expect(settingsIn(settingsFileOf(env))).toEqual({ ...env });
    }),
  );
  expect(() => settingsFileOf({ INSTAR_LISTEN: "a\nINSTAR_LOG=trace" })).toThrow("line break");
});
