import type { Head } from "./chain.ts";
import type { Clock } from "./ports.ts";
import type { Store } from "./store.ts";

const EVERY_MS = 5_000;

/**
 * Repeats the signed head of the event log in the daemon's own log, which whoever cuts the store's tail does not hold:
 * `instar audit --log FILE` compares the two. The returned function says the last one and ends.
 */
export function repeatHeads(
  store: Pick<Store, "head">,
  clock: Clock,
  say: (head: Head) => void,
  report: (error: unknown) => void,
): () => Promise<void> {
  let said = 0;
  let ended = false;
  let cancel = (): void => undefined;
  const repeat = async (): Promise<void> => {
    const head = await store.head();
    if (head === null || head.seq === said) return;
    said = head.seq;
    say(head);
  };
  const again = (): void => {
    cancel = clock.after(EVERY_MS, () => {
      repeat()
        .catch(report)
        .finally(() => {
          if (!ended) again();
        });
    });
  };
  again();
  return async () => {
    ended = true;
    cancel();
    await repeat();
  };
}
