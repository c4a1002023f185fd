import { randomBytes } from "node:crypto";
import { InstarError } from "../errors.ts";
import type { Delivery } from "../plan/deliveries.ts";
import { type Deps, rowOf } from "./actions.ts";
import type { AutoredeployControl } from "./autoredeploy-control.ts";
import { Callbacks } from "./callbacks.ts";
import type { EventView, ServiceKey } from "./control.ts";
import { keyOf, readable } from "./delivery-key.ts";
import { Doorman, hashOfSecret, hmacKeyOf } from "./doorman.ts";
import { Lanes } from "./lanes.ts";
import type { Senders } from "./senders.ts";
import type { NewTrigger, TriggerAnswer, TriggerCall, TriggerControl, TriggerMade, TriggerView } from "./trigger-control.ts";
import type { DeliveryRow, TriggerRow } from "./trigger-store.ts";
import { bodyText, type Done, lookOf, redeployFor, scaleUpFor } from "./trigger-work.ts";

/** Senders give up after ten seconds (GitHub) or less; a pull may take minutes. */
const PATIENCE_MS = 8_000;
const REMEMBER_MS = 30 * 24 * 60 * 60 * 1000;

export interface TriggerOffice extends Deps {
  readonly senders: Senders;
  readonly autoredeploy: AutoredeployControl;
  readonly subscribe: (listener: (event: EventView) => void) => () => void;
}

export class TriggerDesk implements TriggerControl {
  readonly #office: TriggerOffice;
  readonly #door: Doorman;
  readonly #lanes = new Lanes<Done>();
  readonly #callbacks: Callbacks;
  /** Deliveries that are being worked on: the same one again waits for the same end. */
  readonly #underWay = new Map<string, Promise<Done>>();
  #unsubscribe: () => void = () => undefined;
  #report: (error: unknown) => void = () => undefined;

  constructor(office: TriggerOffice) {
    this.#office = office;
    this.#door = new Doorman(office.store, office.files, office.clock, (error) => this.#report(error));
    this.#callbacks = new Callbacks(office.store, office.clock, office.senders.callBack);
  }

  /** Whoever waits for a callback gets it, also for what ended while no daemon ran. */
  async open(report: (error: unknown) => void): Promise<void> {
    this.#report = report;
    const settle = (): void => void this.#callbacks.settle().catch(report);
    this.#unsubscribe = this.#office.subscribe(({ kind }) => {
      if (kind.startsWith("deployment.")) settle();
    });
    settle();
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#door.close();
    await this.#lanes.idle();
  }

  async create(key: ServiceKey, how: NewTrigger, who: string): Promise<TriggerMade> {
    const { store, clock, files } = this.#office;
    await rowOf(store, key);
    if (how.kind === "scale-up" && (how.body || how.anyTag))
      throw new InstarError(
        "INS2001",
        "a trigger that scales up adds instances of the present revision: it has no use for a body or a tag",
      );
    const id = `t${randomBytes(5).toString("hex")}`;
    const secret = randomBytes(32).toString("base64url");
    const row: TriggerRow = {
      ...{ id, stack: key.stack, service: key.service, ...how, who },
      secretHash: hashOfSecret(secret).toString("hex"),
      createdAt: clock.now(),
      calls: { accepted: 0, refused: 0 },
      last: null,
    };
    await store.write(async (within) => {
      await within.putTrigger(row);
      await within.addEvent(row.createdAt, { kind: "trigger.created", ...key, message: `${id} (${how.kind}) was made by ${who}` });
    });
    return { trigger: viewOf(row), path: `/hooks/${id}/${secret}`, hmacKey: how.hmac ? hmacKeyOf(files, id) : null };
  }

  async list(): Promise<readonly TriggerView[]> {
    return (await this.#office.store.triggers()).map(viewOf);
  }

  async remove(id: string, who: string): Promise<void> {
    const { store, clock } = this.#office;
    await store.write(async (within) => {
      const row = await within.trigger(id);
      if (row === null) throw new InstarError("INS2050", `there is no trigger ${id}`);
      await within.dropTrigger(id);
      const { stack, service } = row;
      await within.addEvent(clock.now(), { kind: "trigger.removed", stack, service, message: `${id} was removed by ${who}` });
    });
  }

  async call(call: TriggerCall): Promise<TriggerAnswer> {
    const row = await this.#door.admit(call);
    const body = call.body ?? new Uint8Array();
    const delivery = body.length === 0 ? null : this.#office.senders.readDelivery(readable(row, call.headers), body);
    const key = keyOf(row, call, delivery);
    const known = await this.#remembered(row, key);
    if (known !== null) return this.#replayed(row, known);
    const same = key === null ? undefined : this.#underWay.get(`${row.id} ${key}`);
    const work = same ?? this.#begin(row, delivery, body, key);
    try {
      const first = await this.#patiently(row, work);
      return same === undefined && !first.replayed ? first : await this.#replayed(row, first);
    } catch (error) {
      if (!(error instanceof InstarError) || delivery?.shared !== true) throw error;
      return answer(row, { accepted: false, reason: `${error.code} ${error.message}` });
    }
  }

  /** Goes on by itself; how it ends is in the record in any case. */
  #begin(row: TriggerRow, delivery: Delivery | null, body: Uint8Array, key: string | null): Promise<Done> {
    const work = lookOf(this.#office, row, delivery, body)
      .then((look) =>
        this.#lanes.enter(`${row.stack}/${row.service}`, row.id, look, (alone) => this.#once(row, delivery, body, key, alone)),
      )
      .then(
        (done) => this.#accepted(row, delivery, key, done),
        async (error: unknown) => {
          const known = error instanceof InstarError ? error : new InstarError("INS7005", String(error), { cause: error });
          await this.#door.refuse(row, known);
          throw error;
        },
      );
    if (key === null) return work;
    const name = `${row.id} ${key}`;
    this.#underWay.set(name, work);
    const over = (): void => void this.#underWay.delete(name);
    work.then(over, over);
    return work;
  }

  /**
   * Instances are not added twice for one delivery: it is looked up again when it is its turn, for its twin may have been done a
   * moment ago. A redeploy looks at the tag anyhow, also for those whose place it takes.
   */
  async #once(row: TriggerRow, delivery: Delivery | null, body: Uint8Array, key: string | null, alone: boolean): Promise<Done> {
    const known = row.kind === "redeploy" ? null : await this.#remembered(row, key);
    if (known !== null) return { deployment: known.deployment, reason: known.reason, replayed: true };
    return this.#work(row, delivery, body, alone);
  }

  /** On a quiet daemon nobody drops what is too old. */
  async #remembered({ id }: TriggerRow, key: string | null): Promise<DeliveryRow | null> {
    const { store, clock } = this.#office;
    const known = key === null ? null : await store.delivery(id, key);
    return known === null || known.at < clock.now() - REMEMBER_MS ? null : known;
  }

  async #work(row: TriggerRow, delivery: Delivery | null, body: Uint8Array, alone: boolean): Promise<Done> {
    if (row.kind === "scale-up") return scaleUpFor(this.#office, row);
    const text = row.body ? bodyText(body) : null;
    if (delivery === null && body.length > 0 && !row.body) throw new InstarError("INS2052", "the body is in no form that Instar knows");
    return redeployFor(this.#office, row, delivery, text, alone);
  }

  async #accepted(row: TriggerRow, delivery: Delivery | null, key: string | null, done: Done): Promise<Done> {
    if (done.replayed === true) return done;
    const { store, clock } = this.#office;
    const at = clock.now();
    const callback = delivery?.callback ?? null;
    const kept = key ?? (callback === null ? null : `callback ${callback}`);
    await store.write(async (within) => {
      await within.dropDeliveries(at - REMEMBER_MS);
      if (kept !== null && (await within.delivery(row.id, kept)) === null)
        await within.putDelivery({ trigger: row.id, key: kept, at, ...done, callback });
      await this.#note(within, row, "accepted", done.reason);
      await within.addEvent(at, {
        kind: "trigger.called",
        ...{ stack: row.stack, service: row.service },
        ...(done.deployment === null ? {} : { deployment: done.deployment }),
        message: `${row.id} called${delivery === null ? "" : ` by ${delivery.form}`}: ${done.deployment ?? "nothing to do"}, ${done.reason}`,
      });
    });
    if (callback !== null && done.deployment === null) await this.#callbacks.settle();
    return done;
  }

  async #replayed(row: TriggerRow, { deployment, reason }: Done): Promise<TriggerAnswer> {
    const { store, clock } = this.#office;
    await store.write(async (within) => {
      await this.#note(within, row, "replayed", reason);
      const message = `${row.id} was called again for the same delivery: nothing is done twice`;
      const of = { stack: row.stack, service: row.service, ...(deployment === null ? {} : { deployment }) };
      await within.addEvent(clock.now(), { kind: "trigger.replayed", ...of, message });
    });
    return answer(row, { deployment, reason, replayed: true });
  }

  async #note(within: Deps["store"], { id }: TriggerRow, outcome: "accepted" | "replayed", reason: string): Promise<void> {
    const row = await within.trigger(id);
    if (row === null) return;
    const accepted = row.calls.accepted + (outcome === "accepted" ? 1 : 0);
    await within.putTrigger({ ...row, calls: { ...row.calls, accepted }, last: { at: this.#office.clock.now(), outcome, reason } });
  }

  #patiently(row: TriggerRow, work: Promise<Done>): Promise<TriggerAnswer> {
    return new Promise((resolve, reject) => {
      const reason = "the image is being fetched; instar events tells how it goes";
      const cancel = this.#office.clock.after(PATIENCE_MS, () => resolve(answer(row, { reason, pending: true })));
      work.then((done) => resolve(answer(row, done)), reject).finally(cancel);
    });
  }
}

const answer = ({ id, stack, service }: TriggerRow, more: Partial<TriggerAnswer> & { readonly reason: string }): TriggerAnswer => ({
  ...{ trigger: id, stack, service, accepted: true, deployment: null, replayed: false, pending: false },
  ...more,
});

const viewOf = ({ secretHash: _, ...row }: TriggerRow): TriggerView => row;
