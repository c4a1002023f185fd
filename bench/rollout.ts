import type { DeploymentView } from "../src/reconcile/control.ts";
import { rude, type Variant } from "../test/apps/images.ts";
import type { Installation } from "../test/e2e/installation.ts";
import { freePort } from "../test/e2e/ports.ts";
import { rudeStack } from "../test/e2e/stacks.ts";
import { type Figure, median } from "./figure.ts";
import { Floor } from "./floor.ts";

const ROUNDS = 3;

/** A whole redeploy beside its floor, in turns, so that a busy machine is busy for both. Medians of three rounds. */
export async function rolloutFigure(
  instar: Installation,
  replicas: number,
  batch: number,
  content: "same" | "new",
  atMost: number,
): Promise<Figure> {
  const stack = `roll${replicas}-${content}`;
  const file = rudeStack({ port: await freePort(), replicas, drain: "4s", ...(batch > 1 ? { parallelism: batch } : {}) });
  await instar.apply(stack, file);
  const floor = new Floor(instar.docker);
  await floor.prepare(replicas);
  const floors: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const variant: Variant = round % 2 === 0 ? "v2" : "v1";
    floors.push(await floor.replace(variant, batch));
    ours.push(await moved(instar, stack, content === "same" ? "redeploy" : "deploy", content === "same" ? {} : { image: rude(variant) }));
  }
  await floor.remove();
  await instar.json("down", stack);
  const how = batch === 1 ? "one at a time" : `in batches of ${batch}`;
  const name =
    content === "same"
      ? `${replicas} replicas redeployed ${how}, × floor`
      : `the same with content that never served (it proves itself first), × floor`;
  return { name, value: median(ours) / median(floors), unit: "×", atMost, from: { "instar ms": median(ours), "floor ms": median(floors) } };
}

/** Milliseconds from asking over the socket to the end of the deployment, as the one who asked sees it. */
async function moved(instar: Installation, stack: string, verb: "redeploy" | "deploy", body: object): Promise<number> {
  const began = performance.now();
  const { deployments } = await instar.ask<{ deployments: DeploymentView[] }>(`/v1/stacks/${stack}/services/web/${verb}`, "POST", body);
  const id = deployments[0]?.id;
  for (;;) {
    const { deployment } = await instar.ask<{ deployment: DeploymentView }>(`/v1/deployments/${id}`);
    if (deployment.outcome === "succeeded") return performance.now() - began;
    if (deployment.outcome !== "running") throw new Error(`${id} ${deployment.outcome}: ${deployment.reason}`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
