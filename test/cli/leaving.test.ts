import { type StdioOptions, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Running, running } from "../api/running.ts";
import { stackSpec } from "../api/stand-in.ts";
import { upRequest } from "../conformance/up-request.ts";
import { entry } from "../entry.ts";
import { type Ended, start } from "./spawn.ts";

let r: Running;
beforeAll(async () => {
  r = await running();
  await r.control.up(upRequest(stackSpec({ web: {} }, "shop")));
});
afterAll(() => r.stop());

/** Runs it with a stdout that nobody reads any more after `pieces` pieces. Its exit code and stderr. */
async function unread(args: readonly string[], pieces: number, then: () => void): Promise<{ code: number | null; err: string }> {
  const env = { PATH: process.env.PATH ?? "", INSTAR_HOME: r.home };
  const child = spawn(process.execPath, [entry(), ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let err = "";
  child.stderr.on("data", (piece: Buffer) => {
    err += piece;
  });
  const leave = (): void => {
    child.stdout.once("close", then).destroy();
  };
  if (pieces === 0) leave();
  else child.stdout.once("data", leave);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, err })));
}

test("a reader that goes while a deployment is followed is no success: 130", async () => {
  const { code, err } = await unread(["deploy", "web", "--image", "web:slow"], 1, () => {
    const going = setInterval(() => r.control.release(), 20);
    void new Promise<void>((resolve) => r.control.subscribe((event) => event.kind === "deployment succeeded" && resolve())).then(() =>
      clearInterval(going),
    );
  });
  expect({ code, err }).toEqual({ code: 130, err: "" });
});

test.each([[["ps"]], [["--version"]], [["--help"]]])("%j had ended before nobody read it: 0", async (args) => {
  expect(await unread(args, 0, () => undefined)).toEqual({ code: 0, err: "" });
});

/** Runs it with one of its outputs onto a full disk. Its exit code, and what the other one has. */
async function onto(full: "stdout" | "stderr", args: readonly string[]): Promise<{ code: number; told: string }> {
  const disk = openSync("/dev/full", "w");
  const env = { PATH: process.env.PATH ?? "", INSTAR_HOME: r.home };
  const stdio: StdioOptions = full === "stdout" ? ["ignore", disk, "pipe"] : ["ignore", "pipe", disk];
  const child = spawn(process.execPath, [entry(), ...args], { env, stdio });
  closeSync(disk);
  const other = child[full === "stdout" ? "stderr" : "stdout"];
  if (other === null) throw new Error("no pipe");
  const [told, [code]] = await Promise.all([text(other), once(child, "close")]);
  return { code, told };
}

test.each([[["ps"]], [["ps", "--json"]], [["--help"]], [["events", "-f"]]])(
  "%j with its output onto a full disk has failed",
  async (args) => {
    const told = expect.stringMatching(/^\S*error\S* ?.*INS3009.*there is no room for standard output: ENOSPC.*\n$/);
    expect(await onto("stdout", args)).toEqual({ code: 1, told });
    expect(await onto("stdout", ["--version"])).toEqual({ code: 1, told: expect.stringMatching(/^error ENOSPC.*\n$/) });
  },
);

test("what cannot be told onto a full disk changes neither what is done nor how it ends", async () => {
  expect(await onto("stderr", ["nonsense"])).toEqual({ code: 64, told: "" });
  const file = join(r.home, "told.yaml");
  await writeFile(file, "name: told\nservices: { web: { image: 'web:2', command: 'is $UNSET' } }\n");
  // The unset variable is a notice, told before the deployment is followed.
  expect(await onto("stderr", ["up", "-f", file])).toEqual({ code: 0, told: expect.stringMatching(/succeeded/) });
});

/** From now on the daemon works on `call` until `letGo`; tells when one has begun. */
function held(call: "down" | "undoAdoption" | "deploy" | "plan"): { begun: EventEmitter; letGo: () => void } {
  const begun = new EventEmitter();
  const real = r.control[call] as (...given: unknown[]) => unknown;
  let free: () => void = () => undefined;
  const until = new Promise<void>((resolve) => {
    free = resolve;
  });
  const slow = async (...given: unknown[]) => {
    begun.emit("one");
    await until;
    return real.apply(r.control, given);
  };
  Object.assign(r.control, { [call]: slow });
  return {
    begun,
    letGo() {
      Object.assign(r.control, { [call]: real });
      free();
    },
  };
}

async function interrupted({ begun }: { readonly begun: EventEmitter }, args: readonly string[]): Promise<Ended> {
  const one = once(begun, "one");
  const waiting = start(args, { INSTAR_HOME: r.home });
  await Promise.race([one, waiting.ended]);
  waiting.signal("SIGINT");
  return waiting.ended;
}

test.each([
  ["down", ["down", "none"]],
  ["undoAdoption", ["adopt", "old", "--undo", "--yes"]],
  ["deploy", ["deploy", "shop/web", "--image", "web:2"]],
] as const)("Ctrl-C while the daemon works on %s only leaves, and says so", async (call, args) => {
  const work = held(call);
  const line = "detached; the daemon goes on with what it has begun: instar events -f\n";
  expect(await interrupted(work, args)).toEqual({ code: 130, out: "", err: line });
  expect(await interrupted(work, [...args, "--json"])).toEqual({ code: 130, out: "", err: "" });
  work.letGo();
});

test("of a question nothing goes on, and nothing is said", async () => {
  const file = join(r.home, "compose.yaml");
  await writeFile(file, "name: shop\nservices: { web: { image: 'web:1' } }\n");
  const work = held("plan");
  expect(await interrupted(work, ["plan", "-f", file])).toEqual({ code: null, out: "", err: "" });
  work.letGo();
});
