import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canonicalText } from "../../src/lib/hash.ts";
import { signerIn } from "../../src/lib/signing.ts";
import { type Running, running } from "../api/running.ts";
import { run } from "./spawn.ts";

let r: Running;
let folder: string;
const instar = (...args: string[]) => run(args, { INSTAR_HOME: r.home });
beforeAll(async () => {
  r = await running();
  folder = mkdtempSync(join(tmpdir(), "instar-verify-"));
});
afterAll(async () => {
  await r.stop();
  rmSync(folder, { recursive: true });
});

test("verify says what was proved, and exits 1 with what was not", async () => {
  const { control } = r;
  const fine = await instar("verify");
  expect(fine.code).toBe(0);
  expect(fine.out).toMatch(
    /ok {2}the event log: 2 events, none changed or removed, its head signed\nok {2}shop-web-r1-1-a1 .*as it was made/,
  );
  const [one] = control.proofs.view.attestation.instances;
  if (one === undefined) throw new Error("no instance");
  const gap = { kind: "unattested", detail: "the daemon was down", from: 1000, to: 2000 } as const;
  const before = control.proofs.view;
  control.proofs.view = { ...before, attestation: { ...before.attestation, proven: false, instances: [{ ...one, differences: [gap] }] } };
  const bad = await instar("verify");
  expect([bad.code, bad.out]).toEqual([
    1,
    expect.stringContaining("unattested from 1970-01-01T00:00:01.000Z to 1970-01-01T00:00:02.000Z: the daemon was down"),
  ]);
  expect((await instar("verify", "--allow-unattested")).code).toBe(0);
  control.proofs.view = before;
});

test("an attestation that was kept is checked without a daemon", async () => {
  const signer = signerIn(folder);
  const { attestation } = r.control.proofs.view;
  const kept = join(folder, "kept.json");
  const write = (what: object): void => writeFileSync(kept, JSON.stringify(what));
  const signed = { attestation, signature: signer.sign(canonicalText(attestation)), publicKey: signer.publicKey };
  write(signed);
  const check = (...more: string[]) => run(["verify", "--check", kept, ...more], { INSTAR_HOME: "/nowhere" });
  expect((await check()).code).toBe(0);
  write({ ...signed, attestation: { ...attestation, at: 1001 } });
  expect((await check()).code).toBe(1);
  write({ nothing: true });
  expect(await check()).toMatchObject({ code: 65, err: expect.stringContaining("INS2036") });
});

test("audit sends the heads of the daemon's log", async () => {
  const log = join(folder, "daemon.log");
  writeFileSync(
    log,
    `{"level":30,"msg":"serving"}\n{"level":30,"head":{"seq":9,"hash":"${"b".repeat(64)}","signature":"AA=="},"msg":"event log"}\n`,
  );
  const { code, out } = await instar("audit", "--log", log);
  expect([code, out]).toEqual([1, expect.stringContaining("event 9 is gone")]);
  expect((await instar("audit")).code).toBe(0);
  writeFileSync(log, "nothing\n");
  expect(await instar("audit", "--log", log)).toMatchObject({ code: 65, err: expect.stringContaining("INS2037") });
});

test("audit sends every head of a long log, also two of one number, and tells what any part of it lacks", async () => {
  const log = join(folder, "long.log");
  const line = (seq: number, hash: string): string =>
    `{"level":30,"head":{"seq":${seq},"hash":"${hash.repeat(64)}","signature":"AA=="},"msg":"event log"}\n`;
  // 450 numbers; the first was written twice after its tail was cut, and said twice the second time.
  const lines = [line(1, "a"), ...Array.from({ length: 450 }, (_, nth) => line(nth + 1, "b")), line(1, "b")];
  writeFileSync(log, lines.join(""));
  const { code, out } = await instar("audit", "--log", log, "--json");
  const { claims } = JSON.parse(out) as { readonly claims: readonly string[] };
  expect([code, claims.length, claims.slice(0, 3)]).toEqual([1, 451, ["event 1 is gone", "event 1 is gone", "event 2 is gone"]]);
  expect(claims.at(-1)).toBe("event 450 is gone");
});

test("exec wants a reason, passes output and exit code on, and says that it taints", async () => {
  expect(await instar("exec", "web", "--", "sh")).toMatchObject({ code: 64, err: expect.stringContaining("INS2039") });
  const { code, out, err } = await instar("exec", "web", "--reason", "it hangs", "--", "sh", "--json");
  expect([code, out]).toEqual([7, ""]);
  expect(err).toMatch(/shop-web-r1-1-a1 is entered, recorded, and tainted from here on\ndone/);
  expect(r.control.execs.asked).toMatchObject([{ target: "web", command: ["sh", "--json"], reason: "it hangs", tty: false }]);
  const lines = (await instar("exec", "web", "--json", "--reason", "it hangs", "--", "sh")).out.trim().split("\n");
  const texts = lines.map((line) => JSON.parse(line) as { stream?: string; text?: string }).filter(({ stream }) => stream === "stderr");
  expect(texts.map(({ text }) => text).join("")).toBe("done, fünf\n");
});
