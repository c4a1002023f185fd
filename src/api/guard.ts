import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import { InstarError } from "../errors.ts";
import { FailedLogins, type SessionFile, Sessions, sameSecret } from "./session.ts";

/** Answered without a token: the login page with what it is made of. */
const OPEN = new Set(["/login", "/healthz", "/assets/page.css", "/assets/icon.svg"]);
/** A trigger's door, as routes/triggers.ts has it. */
const HOOK = "/hooks/:id/:secret";
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const CLAIMED_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/**
 * Decides who may come in over TCP: a bearer token, or the page's session from the page itself.
 * Over the socket the file's mode has decided already.
 */
export class Guard {
  readonly sessions: Sessions;
  readonly failures: FailedLogins;
  readonly #token: string;
  readonly #hosts: ReadonlySet<string>;
  readonly #anyAddress: boolean;

  /** `host` is the host part of INSTAR_LISTEN; a wildcard admits any address, but names only if they are loopback's. */
  constructor(token: string, host: string, now: () => number, sessions?: SessionFile) {
    this.#token = token;
    this.sessions = new Sessions(token, now, sessions);
    this.failures = new FailedLogins(now);
    const bare = host.replace(/^\[|\]$/g, "");
    this.#anyAddress = bare === "0.0.0.0" || bare === "::";
    this.#hosts = new Set([...LOOPBACK, bare.includes(":") ? `[${bare}]` : bare.toLowerCase()]);
  }

  /** Raises INS7006 for a foreign Host (a rebound DNS name) or Origin, INS7002 without token or session. */
  admit(request: FastifyRequest): string {
    // Its secret is in the address, which no page of another origin knows; it is called under whatever name a proxy has outside.
    if (request.routeOptions.url === HOOK) return "hook";
    if (!this.hostAllowed(request)) {
      throw new InstarError(
        "INS7006",
        `the host ${JSON.stringify((request.headers.host ?? "").slice(0, 100))} is not one of this daemon's`,
      );
    }
    const path = request.url.split("?")[0] ?? "";
    if (OPEN.has(path)) return "nobody";
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (bearer !== undefined) return this.#byToken(bearer, request);
    if (this.sessions.valid(request.headers.cookie)) {
      if (request.method !== "GET" && request.method !== "HEAD") this.checkOrigin(request);
      return "page";
    }
    throw new InstarError("INS7002", "this needs the token");
  }

  /**
   * Raises INS7002 for a wrong token, INS7007 after too many in a minute. The right one is never kept waiting:
   * of 256 random bits nobody guesses one, but any local program could lock the owner out.
   */
  checkToken(token: string): void {
    if (sameSecret(token, this.#token)) return;
    if (this.failures.tooMany) throw new InstarError("INS7007", "too many wrong tokens in the last minute");
    this.failures.add();
    throw new InstarError("INS7002", "the token is wrong");
  }

  /**
   * A page of another origin cannot act with the cookie. SameSite alone is not enough: it ignores the port,
   * so another program on localhost counts as the same site.
   */
  checkOrigin(request: FastifyRequest): void {
    const { origin, host } = request.headers;
    if (origin === `http://${host}` || origin === `https://${host}`) return;
    throw new InstarError("INS7006", `a request from ${origin ?? "an unnamed origin"} is not accepted`);
  }

  #byToken(token: string, request: FastifyRequest): string {
    this.checkToken(token);
    const claim = claimedName(request);
    return claim === null ? "token" : `token:${claim}`;
  }

  hostAllowed(request: FastifyRequest): boolean {
    const name = (request.headers.host ?? "").toLowerCase().replace(/:\d+$/, "");
    return this.#hosts.has(name) || (this.#anyAddress && isIP(name.replace(/^\[|\]$/g, "")) !== 0);
  }
}

/** What a client says of its user; nothing that depends on it. */
export function claimedName(request: FastifyRequest): string | null {
  const name = request.headers["instar-who"];
  return typeof name === "string" && CLAIMED_NAME.test(name) ? name : null;
}
