import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { Kysely, Transaction } from "kysely";
import type { Signer } from "../lib/signing.ts";
import { type ChainFault, type EventChain, type Head, headText } from "../reconcile/chain.ts";
import type { EventView } from "../reconcile/control.ts";
import type { Tables } from "./schema.ts";

/** Kinds of events that a touch of an instance leaves (drift-store.ts, TouchKind). */
const TOUCHES = ["exec", "copy", "write", "update", "rename", "pause", "network", "mount", "restart", "managed-file"].map(
  (kind) => `drift.${kind}`,
);

type Connection = Kysely<Tables> | Transaction<Tables>;

const AT_ONCE = 1000;
const MOST_FAULTS = 100;
const COLUMNS = ["seq", "at", "kind", "stack", "service", "instance", "deployment", "message"] as const;

/** What this process knows of the log besides what stands in the file. */
export class Chain {
  readonly signer: Signer;
  readonly #installation: string;
  /** Of the last transaction that succeeded: a log that was cut while we run, heads and all, does not follow it. */
  #latest: Head | null = null;
  /** Signed last, the transaction perhaps not over. */
  #made: Head | null = null;
  /** From its opening on the log has a head, also without events: none is one that was lost. */
  sealed = false;

  constructor(signer: Signer, installation: string) {
    this.signer = signer;
    this.#installation = installation;
  }

  /** After a commit. */
  advanced(head: Head | null): void {
    if (head !== null) this.#latest = head;
  }

  get latest(): Head | null {
    return this.#latest;
  }

  /**
   * Where the next event is to follow: the number behind all that is known, the hash of the newest head that this installation
   * signed, never that of a row, which anybody can compute. So the numbers leave the gap of a cut tail open, and an event that was
   * written after others than the signed ones, or after a head that was lost or is not ours, does not fit to them: for ever.
   */
  async tip(db: Connection): Promise<Tip | null> {
    const stored = await storedHead(db);
    const row = await db.selectFrom("events").select("seq").orderBy("seq", "desc").limit(1).executeTakeFirst();
    const signed = stored !== null && this.#isOurs(stored) ? stored : null;
    const [newest] = [this.#latest, signed].filter((one) => one !== null).sort((a, b) => b.seq - a.seq);
    if (newest !== undefined || row !== undefined) return { seq: Math.max(newest?.seq ?? 0, row?.seq ?? 0), hash: newest?.hash ?? "" };
    // The first event of all; or what was before it was removed.
    return stored === null && !this.sealed ? null : { seq: 1, hash: "" };
  }

  #isOurs(head: Head): boolean {
    const made = this.#made;
    if (made?.seq === head.seq && made.hash === head.hash && made.signature === head.signature) return true;
    return this.signer.signed(headText(this.#installation, head), head.signature);
  }

  /** In the transaction that adds the event. */
  async sign(db: Connection, { seq, hash }: Pick<Head, "seq" | "hash">): Promise<Head> {
    const head = { seq, hash, signature: this.signer.sign(headText(this.#installation, { seq, hash })) };
    await db
      .insertInto("heads")
      .values({ id: 1, ...head })
      .onConflict((c) => c.column("id").doUpdateSet(head))
      .execute();
    this.#made = head;
    return head;
  }
}

/** sha256 over the hash before and the event's canonical text, hex. */
export const eventHash = (before: string, event: EventView): string =>
  createHash("sha256")
    .update(`${before}${canonicalize(event) ?? ""}`)
    .digest("hex");

/** Of a sealed log without events it has the number 0. null: there is none. */
export const storedHead = async (db: Connection): Promise<Head | null> =>
  (await db.selectFrom("heads").select(["seq", "hash", "signature"]).where("id", "=", 1).executeTakeFirst()) ?? null;

/** The chain as it is checked and shown. */
export function eventChain(db: Connection, installation: string, chain: Chain): EventChain {
  const shown = (head: Head | null): Head | null => (head?.seq === 0 ? null : head);
  return {
    signer: chain.signer,
    head: async () => chain.latest ?? shown(await storedHead(db)),
    hashAt: async (seq) => (await db.selectFrom("events").select("hash").where("seq", "=", seq).executeTakeFirst())?.hash ?? null,
    touchEvents: async () => db.selectFrom("events").select(COLUMNS).where("kind", "in", TOUCHES).orderBy("seq").execute(),
    async checkChain() {
      const [head, walked] = [await storedHead(db), await walk(db)];
      const faults = [...walked.faults, ...faultsOfHead(head, walked, chain, installation)];
      return { events: walked.events, head: shown(head), from: walked.from, to: walked.to, faults: faults.slice(0, MOST_FAULTS) };
    },
  };
}

type Tip = Pick<Head, "seq" | "hash">;

interface Walked {
  readonly events: number;
  readonly last: Tip | null;
  readonly from: number | null;
  readonly to: number | null;
  readonly faults: readonly ChainFault[];
}

const seqOf = (tip: Tip | null): number => tip?.seq ?? 0;

async function walk(db: Connection): Promise<Walked> {
  const faults: ChainFault[] = [];
  let last: Tip | null = null;
  let from: number | null = null;
  let to: number | null = null;
  let events = 0;
  for (;;) {
    const rows = await db
      .selectFrom("events")
      .select([...COLUMNS, "hash"])
      .where("seq", ">", seqOf(last))
      .orderBy("seq")
      .limit(AT_ONCE)
      .execute();
    for (const { hash, ...event } of rows) {
      const before: Tip | null = last;
      const missing = event.seq - (before?.seq ?? 0) - 1;
      if (missing > 0)
        faults.push({
          seq: event.seq,
          message: `${missing === 1 ? `event ${event.seq - 1} was` : `events ${(before?.seq ?? 0) + 1} to ${event.seq - 1} were`} removed`,
        });
      else if (eventHash(before?.hash ?? "", event) !== hash)
        faults.push({
          seq: event.seq,
          message: `event ${event.seq} is not the one that was written, or was not written after the one before it`,
        });
      from ??= event.at;
      to = event.at;
      last = { seq: event.seq, hash };
      events++;
    }
    if (rows.length < AT_ONCE) return { events, last, from, to, faults };
  }
}

function faultsOfHead(head: Head | null, { last }: Walked, chain: Chain, installation: string): ChainFault[] {
  const seq = last?.seq ?? 0;
  const newest = chain.latest;
  if (newest !== null && newest.seq > seq)
    return [{ seq: newest.seq, message: `events ${seq + 1} to ${newest.seq} were removed from the end while the daemon runs` }];
  if (head === null) return last === null && !chain.sealed ? [] : [{ seq, message: "the signed head is gone" }];
  if (!chain.signer.signed(headText(installation, head), head.signature))
    return [{ seq: head.seq, message: "the head is not signed by this installation's key" }];
  if (head.seq > seq) return [{ seq: head.seq, message: `events ${seq + 1} to ${head.seq} were removed from the end` }];
  if (head.seq < seq || head.hash !== (last?.hash ?? ""))
    return [{ seq, message: `the head was signed over event ${head.seq}, and the log ends otherwise` }];
  return [];
}
