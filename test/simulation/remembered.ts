import type { Store } from "../../src/reconcile/store.ts";
import { STORE } from "./surroundings.ts";

/**
 * The same store, which answers again what it was asked since the last write: nobody else writes to it, and its rows are never
 * changed in place. A pass reads some twenty things of which few have changed.
 */
export function remembered(store: Store): Store {
  const answers = new Map<string, unknown>();
  return new Proxy(store, {
    get(target, name, receiver) {
      const member: unknown = Reflect.get(target, name, receiver);
      if (typeof member !== "function" || typeof name !== "string") return member;
      const call = member as (...args: unknown[]) => unknown;
      if (STORE.reads.has(name))
        return (...args: unknown[]) => {
          const asked = `${name} ${JSON.stringify(args)}`;
          if (!answers.has(asked)) answers.set(asked, call.apply(target, args));
          return answers.get(asked);
        };
      return async (...args: unknown[]) => {
        answers.clear();
        try {
          return await call.apply(target, args);
        } finally {
          answers.clear();
        }
      };
    },
  });
}
