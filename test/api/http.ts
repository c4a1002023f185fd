import { request } from "node:http";
import type { Running } from "./running.ts";
import { TOKEN } from "./running.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  readonly json: any;
}

interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  /** Over the socket instead of TCP. */
  readonly socket?: boolean;
  /** Without the token. */
  readonly bare?: boolean;
}

/** One request with exactly these headers; node:http, because fetch would not send another Host. */
export function ask(to: Running, path: string, how: Ask = {}): Promise<Answer> {
  const url = new URL(to.url);
  const where = how.socket ? { socketPath: to.socket } : { host: url.hostname, port: url.port };
  const body = how.body === undefined ? undefined : typeof how.body === "string" ? how.body : JSON.stringify(how.body);
  const headers = {
    ...(how.socket || how.bare ? {} : { authorization: `Bearer ${TOKEN}` }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
    ...how.headers,
  };
  return new Promise((resolve, reject) => {
    const sent = request(
      { ...where, path, method: how.method ?? (body === undefined ? "GET" : "POST"), headers, agent: false },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (piece: string) => {
          text += piece;
        });
        answer.on("error", reject);
        answer.on("end", () => {
          const isJson = String(answer.headers["content-type"]).startsWith("application/json");
          resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text, json: isJson && text !== "" ? JSON.parse(text) : null });
        });
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Waits until `holds` does not throw; for what follows from an event elsewhere. */
export async function until<T>(holds: () => T | Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await holds();
    } catch (error) {
      if (tries > 500) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}
