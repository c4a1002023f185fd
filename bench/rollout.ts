import type { DeploymentView } from "../src/reconcile/control.ts";
import { rude, type Variant } from "../test/apps/images.ts";
import type { Installation } from "../test/e2e/installation.ts";
import { freePort } from "../test/e2e/ports.ts";
import { rudeStack } from "../test/e2e/stacks.ts";
import { type Figure, median } from "./figure.ts";
import { Floor } from "./floor.ts";

const ROUNDS = 3;

/** A whole redeploy beside its floor, in turns, so that a busy machine is busy for both. Medians of three rounds. */
export async function rolloutFigure(instar: Installation, replicas: number, batch: number, atMost: number): Promise<Figure> {
  const stack = `roll${replicas}`;
  const content = rudeStack({ port: await freePort(), replicas, ...(batch > 1 ? { parallelism: batch } : {}) });
  await instar.apply(stack, content);
  const floor = new Floor(instar.docker);
  await floor.prepare(replicas);
  const floors: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const variant: Variant = round % 2 === 0 ? "v2" : "v1";
    floors.push(await floor.replace(variant, batch));
    ours.push(await deployed(instar, stack, rude(variant)));
  }
  await floor.remove();
  await instar.json("down", stack);
  const name =
    batch === 1
      ? `${replicas} replicas redeployed one at a time, × floor`
      : `${replicas} replicas redeployed in batches of ${batch}, × floor`;
  return { name, value: median(ours) / median(floors), unit: "×", atMost, from: { "instar ms": median(ours), "floor ms": median(floors) } };
}

/** Milliseconds from asking over the socket to the end of the deployment, as the one who asked sees it. */
async function deployed(instar: Installation, stack: string, image: string): Promise<number> {
  const began = performance.now();
  const { deployments } = await instar.ask<{ deployments: DeploymentView[] }>(`/v1/stacks/${stack}/services/web/deploy`, "POST", { image });
  const id = deployments[0]?.id;
  for (;;) {
    const { deployment } = await instar.ask<{ deployment: DeploymentView }>(`/v1/deployments/${id}`);
    if (deployment.outcome === "succeeded") return performance.now() - began;
    if (deployment.outcome !== "running") throw new Error(`${id} ${deployment.outcome}: ${deployment.reason}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
