import { createHmac } from "node:crypto";
import { join } from "node:path";
import { pino } from "pino";
import { createApi } from "../../src/api/server.ts";
import type { EventView } from "../../src/reconcile/control.ts";
import type { NewTrigger, TriggerMade } from "../../src/reconcile/trigger-control.ts";
import type { House } from "./house.ts";

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
}

/** A house with its API on a loopback port, and whoever calls its triggers. */
export class Callers {
  readonly house: House;
  #url = "";
  #close: () => Promise<void> = async () => undefined;

  private constructor(house: House) {
    this.house = house;
  }

  static async at(house: House): Promise<Callers> {
    const callers = new Callers(house);
    const backup = () => Promise.reject(new Error("never called"));
    const api = createApi({ control: house.daemon.control, token: "t".repeat(43), log: pino({ level: "silent" }), version: "0", backup });
    callers.#url = (await api.listen({ socket: join(house.home, "i.sock"), address: "127.0.0.1:0" })).url ?? "";
    callers.#close = () => api.close();
    return callers;
  }

  close(): Promise<void> {
    return this.#close();
  }

  make(how: Partial<NewTrigger> = {}, service = "web"): Promise<TriggerMade> {
    const whole: NewTrigger = { name: null, kind: "redeploy", hmac: false, body: false, anyTag: false, by: 1, most: 20, ...how };
    return this.house.daemon.control.triggers.create({ stack: "shop", service }, whole, "me");
  }

  async call(path: string, body: unknown = undefined, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const bytes = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
    const type: Record<string, string> = bytes === "" ? {} : { "content-type": "application/json" };
    const answer = await fetch(`${this.#url}${path}`, {
      method: "POST",
      headers: { ...type, ...headers },
      ...(bytes === "" ? {} : { body: bytes }),
    });
    return { status: answer.status, json: await answer.json() };
  }

  /** The last events of triggers, oldest first. */
  async told(limit = 1000): Promise<readonly EventView[]> {
    return (await this.house.daemon.control.events({ limit })).filter(({ kind }) => kind.startsWith("trigger."));
  }

  async last(): Promise<EventView | undefined> {
    return (await this.told()).at(-1);
  }

  async deployments(service = "web"): Promise<number> {
    return (await this.house.daemon.control.history({ stack: "shop", service })).deployments.length;
  }
}

export const signed = (key: string, body: string): { readonly "x-hub-signature-256": string } => ({
  "x-hub-signature-256": `sha256=${createHmac("sha256", key).update(body).digest("hex")}`,
});

/** The same address with another secret. */
export const wrongly = (path: string): string => `${path.slice(0, -1)}${path.endsWith("A") ? "B" : "A"}`;
