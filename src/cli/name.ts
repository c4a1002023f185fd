import { InstarError } from "../errors.ts";
import { answer, type Client } from "./client.ts";

const NAME = /^(?:([a-z0-9][a-z0-9_-]{0,62})\/)?([A-Za-z0-9][A-Za-z0-9._-]{0,62})$/;

/** `stack/service` or `service`. Raises INS2001, and INS2002 or INS2003 from the daemon. */
export async function serviceOf(client: Client, name: string): Promise<{ stack: string; service: string }> {
  const [, stack, service] = NAME.exec(name) ?? [];
  if (service === undefined)
    throw new InstarError("INS2001", `${JSON.stringify(name)} is not a service's name`, { hint: "write SERVICE or STACK/SERVICE" });
  if (stack !== undefined) return { stack, service };
  return answer(client.api.GET("/v1/find", { params: { query: { name } } }));
}

/** A whole number within bounds. Raises INS2001. */
export function whole(text: string, what: string, least: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < least || number > 1_000_000) {
    throw new InstarError("INS2001", `${what} is a whole number from ${least}, not ${JSON.stringify(text)}`);
  }
  return number;
}
