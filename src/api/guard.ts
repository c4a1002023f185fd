import { isIP } from "node:net";
import type { FastifyReply, FastifyRequest } from "fastify";
import { InstarError } from "../errors.ts";
import type { TokenControl } from "../reconcile/token-control.ts";
import { admin, type Holder, holderBy } from "./holder.ts";
import { FailedLogins, type SessionFile, Sessions, sameSecret } from "./session.ts";

/** How often an answer that lasts is looked at: whether its token still stands. */
const LOOK_AGAIN_MS = 5_000;
/** Reaches nothing. */
const nobody = (who: string): Holder => ({ who, role: "read", scope: [], token: null });
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const CLAIMED_NAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/**
 * Decides who may come in over TCP: a bearer token, the home's or one that was made, or the page's session from the page itself.
 * Over the socket the file's mode has decided already.
 */
export class Guard {
  readonly sessions: Sessions;
  readonly failures: FailedLogins;
  readonly #token: string;
  readonly #tokens: Pick<TokenControl, "holderOf">;
  readonly #lookAgainMs: number;
  readonly #hosts: ReadonlySet<string>;
  readonly #anyAddress: boolean;

  /**
   * `token` is the home's. `host` is the host part of INSTAR_LISTEN; a wildcard admits any address, but names only if they are
   * loopback's.
   */
  constructor(
    token: string,
    tokens: Pick<TokenControl, "holderOf">,
    { host, now, sessions, lookAgainMs }: { host: string; now: () => number; sessions?: SessionFile | undefined; lookAgainMs?: number },
  ) {
    this.#token = token;
    this.#tokens = tokens;
    this.#lookAgainMs = lookAgainMs ?? LOOK_AGAIN_MS;
    this.sessions = new Sessions(token, now, sessions);
    this.failures = new FailedLogins(now);
    const bare = host.replace(/^\[|\]$/g, "");
    this.#anyAddress = bare === "0.0.0.0" || bare === "::";
    this.#hosts = new Set([...LOOPBACK, bare.includes(":") ? `[${bare}]` : bare.toLowerCase()]);
  }

  /** Raises INS7006 for a foreign Host (a rebound DNS name) or Origin, INS7002 without token or session, INS7007. */
  async admit(request: FastifyRequest, reply: FastifyReply): Promise<Holder> {
    const access = request.routeOptions.config?.access;
    // Its secret is in the address, which no page of another origin knows; it is called under whatever name a proxy has outside.
    if (access?.kind === "hook") return nobody("hook");
    if (!this.hostAllowed(request)) {
      throw new InstarError(
        "INS7006",
        `the host ${JSON.stringify((request.headers.host ?? "").slice(0, 100))} is not one of this daemon's`,
      );
    }
    if (access?.kind === "open") return nobody("nobody");
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (bearer !== undefined) return this.#byToken(bearer, request, reply);
    if (this.sessions.valid(request.headers.cookie)) {
      if (request.method !== "GET" && request.method !== "HEAD") this.checkOrigin(request);
      return admin("page");
    }
    throw new InstarError("INS7002", "this needs the token");
  }

  /** Only the home's token: a session is admin. Raises INS7002, INS7007. */
  checkLogin(token: string): void {
    if (!sameSecret(token, this.#token)) this.#refuse();
  }

  /**
   * Raises INS7002 for a wrong token, INS7007 after too many in a minute. The right one is never kept waiting:
   * of 256 random bits nobody guesses one, but any local program could lock the owner out.
   */
  #refuse(): never {
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

  async #byToken(token: string, request: FastifyRequest, reply: FastifyReply): Promise<Holder> {
    if (sameSecret(token, this.#token)) {
      const claim = claimedName(request);
      return admin(claim === null ? "admin-token" : `admin-token:${claim}`);
    }
    const found = await this.#tokens.holderOf(token);
    if (found === null) return this.#refuse();
    this.#watch(token, reply);
    return holderBy(found);
  }

  /** An answer that lasts (events, logs) ends soon after its token does. */
  #watch(token: string, reply: FastifyReply): void {
    const end = (): void => void reply.raw.destroy();
    const look = async (): Promise<void> => {
      if ((await this.#tokens.holderOf(token)) === null) end();
    };
    const looking = setInterval(() => void look().catch(end), this.#lookAgainMs);
    looking.unref();
    reply.raw.once("close", () => clearInterval(looking));
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
