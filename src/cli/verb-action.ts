import { InstarError } from "../errors.ts";
import { show } from "../spec/names.ts";

/** What `instar VERB WORD` does. Raises INS2001 where the verb has no such action. */
export function actionOf<Action>(verb: string, actions: Readonly<Record<string, Action>>, word: string): Action {
  const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
  if (action !== undefined) return action;
  throw new InstarError("INS2001", `${verb} ${show(word)} is nothing Instar does`, { hint: `one of ${Object.keys(actions).join(", ")}` });
}

/** An argument that the action cannot do without. Raises INS2001 with what to write. */
export function needed(value: string | undefined, usage: string): string {
  if (value === undefined || value === "") throw new InstarError("INS2001", `write: instar ${usage}`);
  return value;
}
