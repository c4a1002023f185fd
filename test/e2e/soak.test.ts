import { expect, it } from "vitest";
import { inWords, isGood } from "../soak/report.ts";
import { soak } from "../soak/soak.ts";
import { LONG } from "./size.ts";

/** Of the long set: its random deeds want a machine that does nothing else. Two hours of it are `script/soak`. */
const [MINUTES, SERVICES] = [5, 20];
const SEED = Number(process.env.INSTAR_SEED ?? Date.now() % 1_000_000);

it.runIf(LONG)(
  `${MINUTES} min of random deploys, rollbacks, scales, touches and kills: only losses that the laws allow, and no growth (seed ${SEED})`,
  {
    timeout: 1_500_000,
  },
  async () => {
    const report = await soak({ minutes: MINUTES, services: SERVICES, seed: SEED, rate: 5 * SERVICES, say: () => undefined });
    console.log(inWords(report));
    expect(isGood(report), inWords(report)).toBe(true);
  },
);
