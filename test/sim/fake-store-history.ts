import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { isSigned, type Signer } from "../../src/lib/signing.ts";
import { type EventChain, type Head, headText } from "../../src/reconcile/chain.ts";
import type { EventView } from "../../src/reconcile/control.ts";
import type { Store } from "../../src/reconcile/store.ts";
import { eventHash } from "../../src/store/chain.ts";
import { type Journal, Log } from "./fake-store-tables.ts";

/** How many events come when nobody says how many: from a number on, and the newest. */
const FROM = 1000;
const NEWEST = 100;

/** The event log. Nobody but this writes to it, so hashes and signatures are made when somebody asks for them. */
export function fakeEvents(journal: Journal, installation: string): EventChain & Pick<Store, "addEvent" | "events"> {
  const log = new Log<EventView>(journal);
  const signer = lazySigner();
  /** Of the first so many events. */
  const hashes: { readonly of: EventView; readonly hash: string }[] = [];

  function hashOf(seq: number): string {
    // One that was taken back may stand where another is now.
    while (hashes.length > 0 && hashes.at(-1)?.of !== log.rows[hashes.length - 1]) hashes.pop();
    for (const event of log.rows.slice(hashes.length, seq)) hashes.push({ of: event, hash: eventHash(hashes.at(-1)?.hash ?? "", event) });
    return hashes[seq - 1]?.hash ?? "";
  }

  async function head(): Promise<Head | null> {
    const seq = log.rows.length;
    if (seq === 0) return null;
    const hash = hashOf(seq);
    return { seq, hash, signature: signer.sign(headText(installation, { seq, hash })) };
  }

  return {
    signer,
    head,
    hashAt: async (seq) => (seq >= 1 && seq <= log.rows.length ? hashOf(seq) : null),
    touchEvents: async () => log.rows.filter(({ kind }) => TOUCHES.has(kind)),
    checkChain: async () => ({
      ...{ events: log.rows.length, head: await head(), faults: [] },
      ...{ from: log.rows[0]?.at ?? null, to: log.rows.at(-1)?.at ?? null },
    }),
    async addEvent(at, { kind, message, stack = null, service = null, instance = null, deployment = null }) {
      return log.add({ seq: log.rows.length + 1, at, kind, stack, service, instance, deployment, message });
    },
    async events({ after, limit, stack, service }) {
      const isAsked = (row: EventView): boolean =>
        (stack === undefined || row.stack === stack) && (service === undefined || row.service === service);
      if (after !== undefined)
        return log.rows
          .slice(Math.max(0, after))
          .filter(isAsked)
          .slice(0, limit ?? FROM);
      const found = log.rows.filter(isAsked);
      return found.slice(Math.max(0, found.length - (limit ?? NEWEST)));
    },
  };
}

const TOUCHES: ReadonlySet<string> = new Set(
  ["exec", "copy", "write", "update", "rename", "pause", "network", "mount", "restart", "managed-file"].map((kind) => `drift.${kind}`),
);

/** A key costs more than most stories, and most ask for no signature. */
function lazySigner(): Signer {
  let made: { readonly publicKey: KeyObject; readonly privateKey: KeyObject } | null = null;
  const pair = () => {
    made ??= generateKeyPairSync("ed25519");
    return made;
  };
  return {
    sign: (text) => sign(null, Buffer.from(text), pair().privateKey).toString("base64"),
    signed: (text, signature) => isSigned(text, signature, pair().publicKey),
    get publicKey() {
      return pair().publicKey.export({ type: "spki", format: "pem" }).toString();
    },
  };
}
