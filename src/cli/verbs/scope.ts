import { InstarError } from "../../errors.ts";
import { answer, type Client } from "../client.ts";
import { serviceOf } from "../name.ts";

/** A stack's name, a service's, or nothing for everything. A stack wins over a service of the same name. */
export async function scopeOf(client: Client, name: string | undefined): Promise<{ stack?: string; service?: string }> {
  if (name === undefined) return {};
  if (!name.includes("/")) {
    const { stacks } = await answer(client.api.GET("/v1/stacks"));
    if (stacks.some((stack) => stack.name === name)) return { stack: name };
  }
  const key = await serviceOf(client, name);
  const { services } = await answer(client.api.GET("/v1/services", { params: { query: { stack: key.stack } } }));
  if (!services.some((service) => service.service === key.service)) throw new InstarError("INS2002", `there is no service ${name}`);
  return key;
}
