import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { InstarError } from "../errors.ts";
import type { Clock, FileStore } from "./ports.ts";
import type { Store } from "./store.ts";
import type { TriggerCall } from "./trigger-control.ts";
import type { TriggerRow } from "./trigger-store.ts";

const WINDOW_MS = 60_000;
/** Calls with a wrong secret, of all triggers together; calls without a right signature, of one trigger. */
const WRONG = 10;
const CALLS = 60;
const SIGNATURE = "x-hub-signature-256";

export const hashOfSecret = (secret: string): Buffer => createHash("sha256").update(secret).digest();

/** The key that calls of a trigger are signed with: derived, so that nobody who reads the store has it. */
export const hmacKeyOf = (files: FileStore, id: string): string => files.derive(`trigger ${id}`);

/** Lets calls in that know the secret, are signed where that is asked for, and are not too many. */
export class Doorman {
  readonly #store: Store;
  readonly #files: FileStore;
  readonly #clock: Clock;
  /** Times of the calls of the last minute, by trigger; those with a wrong secret under "", the wrongly signed under `ID unsigned`. */
  readonly #calls = new Map<string, number[]>();
  /** What was refused without an event of its own, and when that is told. */
  readonly #untold = new Map<string, { count: number; readonly cancel: () => void }>();

  /** Hears what cannot be written down. */
  readonly #report: (error: unknown) => void;

  constructor(store: Store, files: FileStore, clock: Clock, report: (error: unknown) => void) {
    this.#store = store;
    this.#files = files;
    this.#clock = clock;
    this.#report = report;
  }

  /**
   * Raises INS2050 for an unknown trigger and for a wrong secret alike, INS2057, INS2010, INS2051. Who has the right secret, and the
   * key where calls are signed, is never kept waiting by who has not: of 256 random bits nobody guesses one, but anybody could lock the
   * owner out.
   */
  async admit(call: TriggerCall): Promise<TriggerRow> {
    const row = await this.#store.trigger(call.id);
    const known = row === null ? hashOfSecret("") : Buffer.from(row.secretHash, "hex");
    const right = timingSafeEqual(hashOfSecret(call.secret), known);
    if (row === null || !right) {
      if (!this.#allowed("", WRONG, null)) throw new InstarError("INS2057", "too many calls with a wrong secret");
      const error = new InstarError("INS2050", "there is no such trigger, or its secret is another one");
      await this.refuse(row, error, row === null ? `a call for an unknown trigger from ${call.from}` : `a wrong secret from ${call.from}`);
      throw error;
    }
    const wrong = this.#wrongWith(row, call);
    // Whoever cannot sign uses up nothing of those who can.
    const [key, most] = row.hmac && wrong !== null ? [`${row.id} unsigned`, WRONG] : [row.id, CALLS];
    if (!this.#allowed(key, most, row)) throw new InstarError("INS2057", `more than ${most} ${what(key)} in a minute`);
    if (wrong === null) return row;
    await this.refuse(row, wrong);
    throw wrong;
  }

  /** What the record says of a call that was not taken; the row counts it. */
  async refuse(row: TriggerRow | null, error: InstarError, words = `${error.code} ${error.message}`): Promise<void> {
    const at = this.#clock.now();
    await this.#store.write(async (within) => {
      const fresh = row === null ? null : await within.trigger(row.id);
      if (fresh !== null)
        await within.putTrigger({
          ...fresh,
          calls: { ...fresh.calls, refused: fresh.calls.refused + 1 },
          last: { at, outcome: "refused", reason: words },
        });
      await within.addEvent(at, {
        kind: "trigger.refused",
        ...(row === null ? {} : { stack: row.stack, service: row.service }),
        message: row === null ? words : `${row.id} refused: ${words}`,
      });
    });
  }

  close(): void {
    for (const { cancel } of this.#untold.values()) cancel();
    this.#untold.clear();
  }

  #wrongWith(row: TriggerRow, call: TriggerCall): InstarError | null {
    if (call.body === null) return new InstarError("INS2010", "the body is larger than 256 KiB");
    if (!row.hmac) return null;
    const given = /^sha256=([0-9a-f]{64})$/.exec(call.headers[SIGNATURE] ?? "")?.[1];
    if (given === undefined) return new InstarError("INS2051", `the call has no ${SIGNATURE}: sha256=…`);
    const wanted = createHmac("sha256", hmacKeyOf(this.#files, row.id)).update(call.body).digest();
    return timingSafeEqual(Buffer.from(given, "hex"), wanted)
      ? null
      : new InstarError("INS2051", "the signature is of another body, or made with another key");
  }

  /** At most `most` in a minute. Beyond that there is one event for all of them, when the minute is over. */
  #allowed(id: string, most: number, row: TriggerRow | null): boolean {
    const now = this.#clock.now();
    const times = (this.#calls.get(id) ?? []).filter((at) => at > now - WINDOW_MS && at <= now);
    this.#calls.set(id, times);
    if (times.length < most) {
      times.push(now);
      return true;
    }
    this.#tellLater(id, row, 1);
    return false;
  }

  #tellLater(id: string, row: TriggerRow | null, count: number): void {
    const untold = this.#untold.get(id);
    if (untold !== undefined) untold.count += count;
    else this.#untold.set(id, { count, cancel: this.#clock.after(WINDOW_MS, () => void this.#tell(id, row)) });
  }

  /** Never rejects: on a full disk it is told when there is room again. */
  async #tell(id: string, row: TriggerRow | null): Promise<void> {
    const count = this.#untold.get(id)?.count ?? 0;
    this.#untold.delete(id);
    try {
      await this.refuse(row, new InstarError("INS2057", "too many calls"), `${count} more ${what(id)} were refused within a minute`);
    } catch (cause) {
      this.#report(cause);
      this.#tellLater(id, row, count);
    }
  }
}

const what = (key: string): string => {
  if (key === "") return "calls with a wrong secret";
  return key.endsWith(" unsigned") ? "calls without a right signature" : "calls";
};
