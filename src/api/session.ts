import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const LIFE_MS = 12 * 60 * 60 * 1000;
const FAILURES_ALLOWED = 10;
const FAILURE_WINDOW_MS = 60_000;

/** Compares digests of both sides, so neither the length nor the first difference shows in the time. */
export function sameSecret(a: string, b: string): boolean {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac("sha256", key).update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/**
 * Sessions of the page: the cookie is `<end in ms>.<nonce>.<HMAC(token, both)>`, so they outlive a restart of
 * the daemon and end with a new token. Cookies are shared by all ports of a host, hence a name per token.
 */
export class Sessions {
  readonly cookie: string;
  readonly #key: Buffer;
  readonly #now: () => number;

  constructor(token: string, now: () => number) {
    this.#key = createHmac("sha256", token).update("instar session").digest();
    this.cookie = `instar_${createHmac("sha256", token).update("instar cookie").digest("hex").slice(0, 8)}`;
    this.#now = now;
  }

  /** The `Set-Cookie` value that begins a session. */
  begin(): string {
    const claim = `${this.#now() + LIFE_MS}.${randomBytes(12).toString("base64url")}`;
    return `${this.cookie}=${claim}.${this.#seal(claim)}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${LIFE_MS / 1000}`;
  }

  end(): string {
    return `${this.cookie}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0`;
  }

  /** Whether the request's `Cookie` header carries a session that has not ended. */
  valid(header: string | undefined): boolean {
    for (const part of (header ?? "").split(";")) {
      const [name, value] = split(part.trim(), "=");
      if (name !== this.cookie) continue;
      const at = value.lastIndexOf(".");
      const claim = value.slice(0, at);
      if (at > 0 && sameSecret(value.slice(at + 1), this.#seal(claim)) && Number(claim.split(".")[0]) > this.#now()) return true;
    }
    return false;
  }

  #seal(claim: string): string {
    return createHmac("sha256", this.#key).update(claim).digest("base64url");
  }
}

/** Failed logins of the last minute, over all callers: the listener is on loopback, so addresses say nothing. */
export class FailedLogins {
  #times: number[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get tooMany(): boolean {
    this.#times = this.#times.filter((at) => at > this.#now() - FAILURE_WINDOW_MS);
    return this.#times.length >= FAILURES_ALLOWED;
  }

  add(): void {
    this.#times.push(this.#now());
  }
}

function split(text: string, by: string): [string, string] {
  const at = text.indexOf(by);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}
