import { InstarError } from "../errors.ts";
import { type Confirming, UNASKED } from "../plan/confirm.ts";
import type { Step } from "../plan/types.ts";
import { placeOf } from "../spec/hooks.ts";
import type { Revision } from "../spec/types.ts";
import type { HookAnswer } from "./hooks-port.ts";
import type { Hands } from "./perform.ts";
import type { Instant } from "./ports.ts";
import type { DeploymentRow, Store } from "./store.ts";

const nameOf = ({ stack, service, id }: DeploymentRow): string => `${stack}-${service}-${id.toLowerCase()}-confirm`;

/** null where nobody is to be asked. */
export function confirmingOf(deployment: DeploymentRow, target: Revision, busy: ReadonlySet<string>): Confirming | null {
  const hook = target.spec.hooks?.confirm;
  if (hook === undefined) return null;
  const name = nameOf(deployment);
  const early = deployment.course === undefined;
  const { id, to } = deployment;
  return { ...(deployment.confirm ?? UNASKED), name, deployment: id, revision: to, timeoutMs: hook.timeoutMs, early, busy: busy.has(name) };
}

/** One question. What is answered is written down; no answer is none, and it is asked again. */
export async function ask(hands: Hands, step: Step, deployment: string | null): Promise<void> {
  const { store, clock } = hands;
  const row = deployment === null ? null : await store.deployment(deployment);
  if (row === null) throw new InstarError("INS7005", `${step.do} of ${step.instance} outside a deployment`);
  const hook = (await hands.revision(row, row.to)).spec.hooks?.confirm;
  if (hook === undefined) throw new InstarError("INS7005", `revision ${row.to} has no hook to ask`);
  const now = clock.now();
  const asked = { since: row.confirm?.since ?? now, askedAt: now, tries: (row.confirm?.tries ?? 0) + 1 };
  await change(store, row.id, now, asked, null);
  const body = { ...about(row), kind: "confirm", approve: `instar promote ${row.id}` };
  const answer = await hands.hooks
    .post(hook.url, { event: "deployment.confirm", delivery: `${store.installation}/${row.id}/confirm`, body })
    .catch((cause: unknown) => (cause instanceof Error ? cause.message : String(cause)));
  await change(store, row.id, clock.now(), {}, typeof answer === "string" ? { reason: answer } : verdictOf(answer, placeOf(hook.url)));
}

/** What is told of a deployment to those outside. */
export const about = ({
  id,
  stack,
  service,
  from,
  to,
  strategy,
  cause,
  outcome,
  reason,
  startedAt,
  endedAt,
  direction,
}: DeploymentRow) => ({
  deployment: { id, stack, service, from, to, strategy, cause, outcome, reason, startedAt, endedAt, direction },
});

type Verdict = Partial<Pick<Confirming, "state" | "reason">>;

/** 200 with `{"approve": true}` or `{"approve": false, "reason": "…"}` decides; everything else is no answer yet. */
function verdictOf({ status, body }: HookAnswer, place: string): Verdict {
  if (status !== 200) return { reason: `${place} answered ${status}` };
  const said = parsed(body);
  if (said?.["approve"] === true) return { state: "passed", reason: `confirmed by ${place}` };
  if (said?.["approve"] !== false) return { reason: `${place} has not decided yet` };
  const why = typeof said["reason"] === "string" ? `: ${said["reason"].slice(0, 500)}` : "";
  return { state: "failed", reason: `${place} refused it${why}` };
}

function parsed(body: string): Readonly<Record<string, unknown>> | null {
  try {
    const found: unknown = JSON.parse(body);
    return typeof found === "object" ? (found as Record<string, unknown> | null) : null;
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}

/** Somebody said `promote`. Returns false when nobody waits for that. */
export async function confirmByHand(store: Store, row: DeploymentRow, who: string, now: Instant): Promise<boolean> {
  const hook = (await store.revision(row, row.to))?.spec.hooks?.confirm;
  if (hook === undefined || row.direction === "back" || (row.confirm ?? UNASKED).state !== "waiting") return false;
  await change(store, row.id, now, { since: row.confirm?.since ?? now }, { state: "passed", reason: `confirmed by ${who}` });
  return true;
}

async function change(store: Store, id: string, now: Instant, asked: Partial<Confirming>, verdict: Verdict | null): Promise<void> {
  await store.write(async (within) => {
    const row = await within.deployment(id);
    if (row === null || row.endedAt !== null) return;
    const before = row.confirm ?? UNASKED;
    // Who decided first has decided.
    const said = before.state === "waiting" ? verdict : null;
    await within.putDeployment({ ...row, confirm: { ...before, ...asked, ...said } });
    if (said?.state === undefined) return;
    const because = said.reason ?? "";
    await within.addStep(id, { at: now, do: said.state === "passed" ? "confirm" : "refuse", instance: null, because });
    const { stack, service } = row;
    await within.addEvent(now, {
      kind: `deployment.${said.state === "passed" ? "confirmed" : "refused"}`,
      stack,
      service,
      deployment: id,
      message: `${id} ${because}`,
    });
  });
}
