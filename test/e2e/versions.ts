import http from "node:http";
import { pause } from "./until.ts";

interface Answer {
  readonly sentAt: number;
  readonly endedAt: number;
  readonly version: string;
}

/** One request, and which version answered it; null when none did. */
export function ask(
  url: string,
  agent: http.Agent | false,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ status: number; version: string | null; cookies: readonly string[] }> {
  return new Promise((resolve, reject) => {
    const asked = http.get(url, { agent, headers, timeout: 10_000 }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        const said = answer.statusCode === 200 ? (JSON.parse(text) as { version: string }) : null;
        resolve({ status: answer.statusCode ?? 0, version: said?.version ?? null, cookies: answer.headers["set-cookie"] ?? [] });
      });
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer within 10 s")));
    asked.on("error", reject);
  });
}

/** Asks again and again, one request at a time, and knows when another version answers for the first time. */
export class SwitchWatch {
  readonly #answers: Answer[] = [];
  readonly #agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  readonly #url: string;
  #stopped = false;
  #waiting: { version: string; from: number; resolve: (at: number) => void } | null = null;

  constructor(url: string) {
    this.#url = url;
    this.#run().catch((error: unknown) => console.error(`the watch ended: ${String(error)}`));
  }

  /** When the first request sent from now on was answered by this version; ms since the epoch. */
  next(version: string): Promise<number> {
    return new Promise((resolve) => {
      this.#waiting = { version, from: Date.now(), resolve };
    });
  }

  async seen(): Promise<{ versions: readonly string[] }> {
    return { versions: [...new Set(this.#answers.map(({ version }) => version))].sort() };
  }

  stop(): void {
    this.#stopped = true;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      const sentAt = Date.now();
      const { version } = await ask(this.#url, this.#agent);
      const endedAt = Date.now();
      this.#answers.push({ sentAt, endedAt, version: version ?? "none" });
      if (this.#waiting?.version === version && endedAt >= this.#waiting.from) {
        this.#waiting.resolve(endedAt);
        this.#waiting = null;
      }
      await pause(2);
    }
    this.#agent.destroy();
  }
}

/** So many requests, eight at a time on new connections: the percentage of each version, and what went wrong. */
export async function shareOf(
  url: string,
  requests: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ share: Readonly<Record<string, number>>; failed: readonly string[] }> {
  const counts: Record<string, number> = {};
  const failed: string[] = [];
  let left = requests;
  const client = async (): Promise<void> => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    while (left-- > 0) {
      try {
        const { status, version } = await ask(url, agent, headers);
        if (version === null) failed.push(`status ${status}`);
        else counts[version] = (counts[version] ?? 0) + 1;
      } catch (error) {
        failed.push(String(error));
      }
    }
    agent.destroy();
  };
  await Promise.all(Array.from({ length: 8 }, client));
  return { share: Object.fromEntries(Object.entries(counts).map(([version, count]) => [version, (count * 100) / requests])), failed };
}
