import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";

const LIFE_MS = 12 * 60 * 60 * 1000;
/** Begun and not ended; the oldest makes room. */
const MOST_SESSIONS = 100;
const FAILURES_ALLOWED = 10;
const FAILURE_WINDOW_MS = 60_000;

/** Compares digests of both sides, so neither the length nor the first difference shows in the time. */
export function sameSecret(a: string, b: string): boolean {
  const key = randomBytes(32);
  const digest = (text: string) => createHmac("sha256", key).update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** A session as it is kept: the seal of its cookie, never the cookie, and when it ends in ms. */
interface Kept {
  readonly seal: string;
  readonly until: number;
}

/** Where the sessions outlive the daemon. */
export interface SessionFile {
  /** null: there is none, or none that can be read. */
  read(): string | null;
  write(text: string): void;
}

/**
 * Sessions of the page: the cookie is a random word, of which the daemon keeps a list of HMACs under the token. So a restart ends
 * none, a new token ends all, and whoever logs out ends his for good. Cookies are shared by all ports of a host, hence a name per
 * token; `__Host-` (RFC 6265bis, 4.1.3.2) where the page came over https, so that no other host or plain connection sets it.
 */
export class Sessions {
  readonly cookie: string;
  readonly #key: Buffer;
  readonly #now: () => number;
  readonly #file: SessionFile;
  /** The oldest first. */
  #kept: readonly Kept[];

  constructor(token: string, now: () => number, file: SessionFile = { read: () => null, write: () => undefined }) {
    this.#key = createHmac("sha256", token).update("instar session").digest();
    this.cookie = `instar_${createHmac("sha256", token).update("instar cookie").digest("hex").slice(0, 8)}`;
    this.#now = now;
    this.#file = file;
    this.#kept = readKept(file.read());
  }

  /** The `Set-Cookie` value that begins a session. `secure`: the page came over https. */
  begin(secure: boolean): string {
    const word = randomBytes(32).toString("base64url");
    this.#keep([...this.#kept, { seal: this.#seal(word), until: this.#now() + LIFE_MS }].slice(-MOST_SESSIONS));
    return cookie(this.#name(secure), word, LIFE_MS / 1000);
  }

  /** The session ends here, whoever has its cookie; the `Set-Cookie` values that take it back. */
  end(header: string | undefined): readonly string[] {
    const seals = new Set(this.#words(header).map(({ word }) => this.#seal(word)));
    this.#keep(this.#kept.filter(({ seal }) => !seals.has(seal)));
    return this.#words(header).map(({ name }) => cookie(name, "", 0));
  }

  /** Whether the request's `Cookie` header carries a session that has not ended. */
  valid(header: string | undefined): boolean {
    const now = this.#now();
    return this.#words(header).some(({ word }) => {
      const seal = this.#seal(word);
      return this.#kept.some((one) => one.until > now && sameSecret(one.seal, seal));
    });
  }

  #words(header: string | undefined): readonly { readonly name: string; readonly word: string }[] {
    const names = [this.#name(true), this.#name(false)];
    return (header ?? "")
      .split(";")
      .map((part) => split(part.trim(), "="))
      .flatMap(([name, word]) => (names.includes(name) ? [{ name, word }] : []));
  }

  #name(secure: boolean): string {
    return secure ? `__Host-${this.cookie}` : this.cookie;
  }

  #keep(sessions: readonly Kept[]): void {
    this.#kept = sessions.filter(({ until }) => until > this.#now());
    this.#file.write(JSON.stringify(this.#kept));
  }

  #seal(word: string): string {
    return createHmac("sha256", this.#key).update(word).digest("base64url");
  }
}

const cookie = (name: string, word: string, seconds: number): string =>
  `${name}=${word}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${name.startsWith("__Host-") ? "; Secure" : ""}`;

/** What is not a list of sessions is none: whoever had one logs in again. */
function readKept(text: string | null): readonly Kept[] {
  let read: unknown = [];
  try {
    read = JSON.parse(text ?? "[]");
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  return Array.isArray(read) ? read.filter(isKept) : [];
}

const isKept = (one: unknown): one is Kept =>
  typeof one === "object" &&
  one !== null &&
  "seal" in one &&
  typeof one.seal === "string" &&
  "until" in one &&
  typeof one.until === "number";

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
