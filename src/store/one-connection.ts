import { AsyncLocalStorage } from "node:async_hooks";
import type { Store } from "../reconcile/store.ts";

/** Of the code that runs in a transaction: whether that is still open. Its own, since what it started may outlive it. */
const transaction = new AsyncLocalStorage<{ open: boolean }>();

/** Does the work of one transaction, which asks what it is given and not the store itself. */
export async function inTransaction<T>(work: () => Promise<T>): Promise<T> {
  const own = { open: true };
  try {
    return await transaction.run(own, work);
  } finally {
    own.open = false;
  }
}

/**
 * The store over its one connection: whoever asks while a transaction is open waits for its end. Who asked in the transaction itself would
 * wait for ever, and everybody else behind it (docs/proof.md, 2753): that is an error at once.
 */
export function overOneConnection(store: Store): Store {
  const members = Object.entries(store).map(([name, member]: [string, unknown]) => {
    if (typeof member !== "function") return [name, member];
    const call = member as (...args: unknown[]) => Promise<unknown>;
    const waitsForItself = (): Error => new Error(`${name} of the store, asked in a transaction and not of it, waits for itself`);
    const guarded = (...args: unknown[]): Promise<unknown> =>
      transaction.getStore()?.open === true ? Promise.reject(waitsForItself()) : call(...args);
    return [name, guarded];
  });
  return Object.fromEntries(members) as Store;
}
