import { createHmac } from "node:crypto";
import type { HookAnswer, Hooks } from "../reconcile/hooks-port.ts";

const LIMIT_MS = 10_000;
const BODY_LIMIT = 64 * 1024;

/** @param key of the HMAC in `x-instar-signature`: whoever has it can tell that a message is from here. */
export const createHooks = (key: string, limitMs = LIMIT_MS): Hooks => ({
  async post(url, { event, delivery, body }) {
    const text = JSON.stringify(body);
    const signature = createHmac("sha256", key).update(text).digest("hex");
    const { origin, username, password, href } = new URL(url);
    // fetch refuses a URL with a name and a password in it; they are what a basic authorization is made of.
    const basic = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString("base64");
    const plain = username === "" ? href : href.replace(/\/\/[^/@]*@/, "//");
    try {
      const answer = await fetch(plain, {
        method: "POST",
        redirect: "manual",
        signal: AbortSignal.timeout(limitMs),
        headers: {
          "content-type": "application/json",
          "user-agent": "instar",
          "x-instar-event": event,
          "x-instar-delivery": delivery,
          "x-instar-signature": `sha256=${signature}`,
          ...(username === "" ? {} : { authorization: `Basic ${basic}` }),
        },
        body: text,
      });
      return { status: answer.status, body: await readSome(answer) };
    } catch (cause) {
      throw new Error(`${origin} ${inWords(cause, limitMs)}`);
    }
  },
});

async function readSome(answer: Response): Promise<HookAnswer["body"]> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of answer.body ?? []) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop ends the connection.
    if (size >= BODY_LIMIT) break;
  }
  return Buffer.concat(chunks).subarray(0, BODY_LIMIT).toString("utf8");
}

/** Words of `fetch` may hold the whole URL, and that is often a secret. */
function inWords(cause: unknown, limitMs: number): string {
  if (!(cause instanceof Error)) return "could not be asked";
  if (cause.name === "TimeoutError") return `did not answer within ${limitMs / 1000} s`;
  const code = (cause.cause as NodeJS.ErrnoException | undefined)?.code;
  return code === undefined ? "could not be asked" : `could not be asked: ${code}`;
}
