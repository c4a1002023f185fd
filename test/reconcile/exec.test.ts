import { beforeEach, describe, expect, it } from "vitest";
import type { InstanceView } from "../../src/reconcile/control.ts";
import type { ExecRequest } from "../../src/reconcile/exec-control.ts";
import { ExecDesk } from "../../src/reconcile/exec-desk.ts";
import type { Engine } from "../../src/reconcile/ports.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { type VirtualClock, virtualClock } from "../sim/virtual-clock.ts";

const instance = (name: string, phase: InstanceView["phase"] = "serving", stack = "shop") =>
  ({ name, stack, service: "web", phase }) as InstanceView;
const request = (target: string): ExecRequest => ({
  ...{ target, command: ["sh"], reason: "it hangs", tty: false, columns: null, rows: null, who: "ann" },
});
async function* nothing(): AsyncGenerator<Buffer> {}

let there: InstanceView[];
let told: string[];
/** What was done to the command's streams. */
let done: string[];
let clock: VirtualClock;
let execs: ExecDesk;
beforeEach(() => {
  [there, told, done] = [[], [], []];
  clock = virtualClock();
  async function* output() {
    for (;;) yield { stream: "stdout", payload: Buffer.from("a line\n") } as const;
  }
  const engine = {
    enter: async () => ({
      output: output(),
      write: async () => undefined,
      endInput: () => undefined,
      resize: async (columns: number, rows: number) => void done.push(`${columns}x${rows}`),
      exitCode: async () => 0,
      close: () => void done.push("closed"),
    }),
  } as unknown as Engine;
  const store = {
    addEvent: async (_at: number, { kind, message }: { kind: string; message: string }) => void told.push(`${kind}: ${message}`),
  } as unknown as Store;
  execs = new ExecDesk({ store, engine, clock, watch: { announce: () => () => undefined }, instances: async () => there });
});

describe("whom an exec enters", () => {
  const entered = async (target: string): Promise<string> => (await execs.open(request(target))).instance;

  it("is the instance that is named, not the first of its service", async () => {
    there = [instance("shop-web-r1-1-a1"), instance("shop-web-r1-2-a1")];
    expect(await entered("shop-web-r1-2-a1")).toBe("shop-web-r1-2-a1");
  });

  it("is found by the service alone, unless two stacks have one of that name", async () => {
    there = [instance("shop-web-r1-1-a1")];
    expect(await entered("web")).toBe("shop-web-r1-1-a1");
    there.push(instance("lab-web-r1-1-a1", "serving", "lab"));
    await expect(execs.open(request("web"))).rejects.toMatchObject({ code: "INS2003", message: "web is in shop and lab" });
    expect(await entered("lab/web")).toBe("lab-web-r1-1-a1");
  });

  it.each(["ready", "starting"] as const)("is one that serves, else one that is %s, else whichever is there", async (phase) => {
    there = [instance("shop-web-r1-1-a1", "evidence")];
    expect(await entered("web")).toBe("shop-web-r1-1-a1");
    there.push(instance("shop-web-r1-2-a1", phase));
    expect(await entered("web")).toBe("shop-web-r1-2-a1");
    there.push(instance("shop-web-r1-3-a1"));
    expect(await entered("web")).toBe("shop-web-r1-3-a1");
  });
});

it("what is opened and not run is forgotten after ten seconds", async () => {
  there = [instance("shop-web-r1-1-a1")];
  const { id } = await execs.open(request("web"));
  await clock.advance(9_999);
  await execs.resize(id, 80, 24);
  await clock.advance(1);
  await expect(execs.run(id, nothing()).next()).rejects.toMatchObject({ code: "INS2040" });
  await expect(execs.resize(id, 80, 24)).rejects.toMatchObject({ code: "INS2040" });
  expect(told).toEqual([]);
});

it("one that runs is left alone by that limit; a caller who leaves it is recorded", async () => {
  there = [instance("shop-web-r1-1-a1")];
  const { id } = await execs.open(request("web"));
  const pieces = execs.run(id, nothing());
  expect((await pieces.next()).value).toMatchObject({ stream: "stdout" });
  await clock.advance(60_000);
  await execs.resize(id, 80, 24);
  await pieces.return(undefined);
  expect(done).toEqual(["80x24", "closed"]);
  expect(told.at(-1)).toBe("exec.closed: ann left shop-web-r1-1-a1; the command may go on");
  await expect(execs.resize(id, 80, 24)).rejects.toMatchObject({ code: "INS2040" });
});
