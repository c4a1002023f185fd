import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { type ErrorCode, InstarError } from "../errors.ts";
import type { Clock, FileStore } from "./ports.ts";
import type { Store } from "./store.ts";
import type { TriggerCall } from "./trigger-control.ts";
import type { TriggerRow } from "./trigger-store.ts";

const WINDOW_MS = 60_000;
const WRONG_SECRETS = 10;
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
  /** Times of the calls of the last minute, by trigger; those with a wrong secret under "". */
  readonly #calls = new Map<string, number[]>();
  /** What was refused without an event of its own, and when that is told. */
  readonly #untold = new Map<string, { count: number; readonly cancel: () => void }>();

  constructor(store: Store, files: FileStore, clock: Clock) {
    this.#store = store;
    this.#files = files;
    this.#clock = clock;
  }

  /**
   * Raises INS2050 for an unknown trigger and for a wrong secret alike, INS2057, INS2010, INS2051. The right secret is never kept
   * waiting by wrong ones: of 256 random bits nobody guesses one, but anybody could lock the owner out.
   */
  async admit(call: TriggerCall): Promise<TriggerRow> {
    const row = await this.#store.trigger(call.id);
    const known = row === null ? hashOfSecret("") : Buffer.from(row.secretHash, "hex");
    const right = timingSafeEqual(hashOfSecret(call.secret), known);
    if (row === null || !right) {
      if (!this.#allowed("", WRONG_SECRETS, null)) throw new InstarError("INS2057", "too many calls with a wrong secret");
      const error = new InstarError("INS2050", "there is no such trigger, or its secret is another one");
      await this.refuse(row, error, row === null ? `a call for an unknown trigger from ${call.from}` : `a wrong secret from ${call.from}`);
      throw error;
    }
    if (!this.#allowed(row.id, CALLS, row)) throw new InstarError("INS2057", `more than ${CALLS} calls in a minute`);
    if (call.body === null) throw await this.#refused(row, "INS2010", "the body is larger than 256 KiB");
    if (row.hmac) await this.#checkSignature(row, call, call.body);
    return row;
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

  async #refused(row: TriggerRow, code: ErrorCode, message: string): Promise<InstarError> {
    const error = new InstarError(code, message);
    await this.refuse(row, error);
    return error;
  }

  async #checkSignature(row: TriggerRow, call: TriggerCall, body: Uint8Array): Promise<void> {
    const given = /^sha256=([0-9a-f]{64})$/.exec(call.headers[SIGNATURE] ?? "")?.[1];
    if (given === undefined) throw await this.#refused(row, "INS2051", `the call has no ${SIGNATURE}: sha256=…`);
    const wanted = createHmac("sha256", hmacKeyOf(this.#files, row.id)).update(body).digest();
    if (!timingSafeEqual(Buffer.from(given, "hex"), wanted))
      throw await this.#refused(row, "INS2051", "the signature is of another body, or made with another key");
  }

  /** At most `most` in a minute. Beyond that there is one event for all of them, when the minute is over. */
  #allowed(id: string, most: number, row: TriggerRow | null): boolean {
    const now = this.#clock.now();
    const times = (this.#calls.get(id) ?? []).filter((at) => at > now - WINDOW_MS);
    this.#calls.set(id, times);
    if (times.length < most) {
      times.push(now);
      return true;
    }
    const untold = this.#untold.get(id);
    if (untold !== undefined) untold.count++;
    else this.#untold.set(id, { count: 1, cancel: this.#clock.after(WINDOW_MS, () => void this.#tell(id, row)) });
    return false;
  }

  async #tell(id: string, row: TriggerRow | null): Promise<void> {
    const count = this.#untold.get(id)?.count ?? 0;
    this.#untold.delete(id);
    const what = row === null ? "calls with a wrong secret" : "calls beyond what a minute allows";
    await this.refuse(row, new InstarError("INS2057", "too many calls"), `${count} more ${what} were refused within a minute`);
  }
}
