import { expect, it } from "vitest";
import { inWords, isGood } from "../soak/report.ts";
import { soak } from "../soak/soak.ts";

/** Five minutes of `script/soak` with INSTAR_LONG; two hours are its own command. */
const [MINUTES, SERVICES] = process.env.INSTAR_LONG === undefined ? [1, 8] : [5, 20];
const SEED = Number(process.env.INSTAR_SEED ?? Date.now() % 1_000_000);

it(`${MINUTES} min of random deploys, rollbacks, scales, touches and kills: only losses that the laws allow, and no growth (seed ${SEED})`, {
  timeout: 1_500_000,
}, async () => {
  const report = await soak({ minutes: MINUTES, services: SERVICES, seed: SEED, rate: 5 * SERVICES, say: () => undefined });
  console.log(inWords(report));
  expect(isGood(report), inWords(report)).toBe(true);
});
