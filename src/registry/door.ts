import { InstarError } from "../errors.ts";
import type { Login, RegistrySettings, Repository, Urgency } from "../reconcile/registry-port.ts";
import type { RegistryOptions } from "./client.ts";
import { type Endpoint, endpointsOf, isInsecure, trustedFor } from "./hosts.ts";
import { HASTE_MS, Pace } from "./pace.ts";
import { basic, challengeOf, tokenIn, tokenRequest } from "./tokens.ts";
import { type Answer, type Asked, speaksPlain, type Timeouts, Transport } from "./transport.ts";

export interface Request {
  readonly method: "GET" | "HEAD";
  /** Below `/v2/REPOSITORY/`, or the whole address of a further page. */
  readonly path: string | URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly limitBytes: number;
  readonly urgency: Urgency;
}

export interface Reply extends Answer {
  readonly url: URL;
}

const TIMEOUTS: Timeouts = { headMs: 10_000, wholeMs: 60_000 };
const MOST_REDIRECTS = 5;
const ATTEMPTS = 5;
/** How long a pause may be that who looks by himself sits out before he asks again; ms. */
const PATIENCE_MS = 30_000;
const SETTINGS_MS = 30_000;

/** Whose login it is: no answer changes that. */
const hostOf = ({ base }: Endpoint): string => new URL(base).host;

/**
 * Whether it leads to a host whose certificate nobody checks. Only who is one itself may: any other could send us to this machine's own
 * services. Raises INS3029.
 */
function mayLead(endpoint: Endpoint, host: string, settings: RegistrySettings): boolean {
  const insecure = isInsecure(host, settings);
  if (insecure && !endpoint.insecure)
    throw new InstarError("INS3029", `${endpoint.base} leads to ${host}: an insecure registry, or this machine`);
  return insecure;
}

/** How long the host wants nothing more to be sent, ms; null for an answer like any other. The pace hears of both. */
function pauseIn({ status, headers }: Answer, pace: Pace): number | null {
  if (status === 429 || (status === 503 && headers["retry-after"] !== undefined)) return pace.slower(headers);
  pace.well(headers);
  return null;
}

/** Gets one request through to a registry: which address, which scheme, whose login, at which pace. */
export class Door {
  readonly #options: RegistryOptions;
  readonly #transport = new Transport();
  readonly #paces = new Map<string, Pace>();
  /** Hosts that turned out to speak plain HTTP. */
  readonly #plain = new Set<string>();
  /** `host/path` → what to send along. */
  readonly #passes = new Map<string, { readonly authorization: string; readonly until: number }>();
  #settings: { readonly at: number; readonly read: ReturnType<RegistryOptions["settings"]> } | null = null;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  close(): void {
    this.#transport.close();
  }

  /** Statuses from 200 to 499 but 401, 403 and 429 are answers. Raises what `Registries` does. */
  async ask(of: Repository, request: Request): Promise<Reply> {
    const settings = await this.#read();
    const { path } = request;
    // A further page is asked for where the first one came from, and nowhere that it leads to.
    const endpoints = endpointsOf(of.domain, settings).filter((one) => !(path instanceof URL) || path.host === hostOf(one));
    for (const [index, endpoint] of endpoints.entries()) {
      const last = index === endpoints.length - 1;
      try {
        const reply = await this.#askOne(of, endpoint, request);
        if (last || (reply.status >= 200 && reply.status < 400)) return reply;
      } catch (error) {
        // A mirror that fails in whatever way is passed over; the registry itself has the last word.
        if (last || !(error instanceof InstarError)) throw error;
      }
    }
    throw new InstarError("INS3029", `${of.domain} leads to ${path instanceof URL ? path.origin : "nowhere"} for ${of.path}`);
  }

  #read(): ReturnType<RegistryOptions["settings"]> {
    const now = performance.now();
    if (this.#settings === null || now - this.#settings.at > SETTINGS_MS) {
      const read = this.#options.settings();
      this.#settings = { at: now, read };
      read.catch(() => {
        if (this.#settings?.read === read) this.#settings = null;
      });
    }
    return this.#settings.read;
  }

  async #askOne(of: Repository, endpoint: Endpoint, request: Request): Promise<Reply> {
    const key = `${endpoint.base}/${of.path}`;
    const pass = this.#passes.get(key);
    const known = pass !== undefined && pass.until > performance.now() ? pass.authorization : null;
    let first = await this.#send(endpoint, of, request, known);
    // ECR says so of a login that ended, others of an account that may not: meanwhile there may be another one.
    if (first.status === 403 && known !== null) {
      this.#passes.delete(key);
      first = await this.#send(endpoint, of, request, null);
    }
    if (first.status !== 401) return this.#judged(first, of);
    this.#passes.delete(key);
    const authorization = await this.#authorize(of, endpoint, first, request.urgency);
    const second = await this.#send(endpoint, of, request, authorization);
    return this.#judged(second, of);
  }

  #judged(reply: Reply, of: Repository): Reply {
    if (reply.status === 401 || reply.status === 403)
      throw new InstarError("INS3027", `the registry ${of.domain} refuses ${of.path} (${reply.status})`, {
        hint: `log in on the daemon's host: docker login ${of.domain}`,
      });
    if (reply.status >= 500)
      throw new InstarError("INS3026", `the registry ${of.domain} answers ${reply.status} for ${reply.url.pathname}`);
    return reply;
  }

  /**
   * Answers a challenge of the endpoint itself: one to whom it only leads gets no login. The Hub and others want a token even from those
   * who have none.
   */
  async #authorize(of: Repository, endpoint: Endpoint, refused: Reply, urgency: Urgency): Promise<string> {
    const challenge = refused.url.host === hostOf(endpoint) ? challengeOf(refused.headers["www-authenticate"]) : null;
    const login: Login | null = await this.#options.login(endpoint.login);
    const key = `${endpoint.base}/${of.path}`;
    if (challenge?.scheme === "basic" && login?.username !== undefined) {
      const authorization = basic(login);
      this.#passes.set(key, { authorization, until: Number.POSITIVE_INFINITY });
      return authorization;
    }
    if (challenge === null || challenge.scheme === "basic") return this.#judged(refused, of) && "";
    const asked = tokenRequest(challenge, of.path, login);
    const settings = await this.#read();
    const insecure = mayLead(endpoint, asked.url.host, settings);
    if (asked.url.protocol !== "https:" && !(asked.url.protocol === "http:" && insecure))
      throw new InstarError("INS3029", `${of.domain} sends us to ${asked.url.origin} for a token: not over TLS`);
    const answer = await this.#paced(asked.url.host, urgency, {
      ...asked,
      headers: { ...asked.headers, "user-agent": "instar" },
      limitBytes: 256 * 1024,
      trust: this.#trust(asked.url.host, insecure),
      timeouts: this.#timeouts,
    });
    if (answer.status !== 200) {
      if (answer.status >= 500) throw new InstarError("INS3026", `the token server ${asked.url.host} answers ${answer.status}`);
      throw new InstarError(
        "INS3027",
        `the token server ${asked.url.host} refuses the login for ${of.domain}/${of.path} (${answer.status})`,
        {
          hint: `log in on the daemon's host: docker login ${of.domain}`,
        },
      );
    }
    const { token, livesMs } = tokenIn(answer.body, asked.url.host);
    this.#passes.set(key, { authorization: `Bearer ${token}`, until: performance.now() + livesMs });
    return `Bearer ${token}`;
  }

  async #send(endpoint: Endpoint, of: Repository, request: Request, authorization: string | null): Promise<Reply> {
    let url = request.path instanceof URL ? request.path : new URL(`${endpoint.base}/v2/${of.path}/${request.path}`);
    const host = hostOf(endpoint);
    if (this.#plain.has(host)) url = new URL(url.href.replace(/^https:/, "http:"));
    for (let turn = 0; turn <= MOST_REDIRECTS; turn++) {
      const own = url.host === host;
      const insecure = own ? endpoint.insecure : mayLead(endpoint, url.host, await this.#read());
      if (url.protocol !== "https:" && !insecure) throw new InstarError("INS3029", `${host} leads to ${url.origin}: not over TLS`);
      const { method, limitBytes } = request;
      const headers: Record<string, string> = { ...request.headers, "user-agent": "instar" };
      // A login is for its own host: a redirect to a store of blobs carries its right in the address.
      if (authorization !== null && own) headers["authorization"] = authorization;
      const asked: Asked = { method, url, headers, limitBytes, trust: this.#trust(url.host, insecure), timeouts: this.#timeouts };
      let answer: Answer;
      try {
        answer = await this.#paced(host, request.urgency, asked);
      } catch (error) {
        // It may speak TLS the next time.
        this.#plain.delete(host);
        if (!(insecure && own && url.protocol === "https:" && speaksPlain(error))) throw error;
        this.#plain.add(host);
        url = new URL(url.href.replace(/^https:/, "http:"));
        continue;
      }
      const to = answer.headers.location;
      if (![301, 302, 303, 307, 308].includes(answer.status) || to === undefined || !URL.canParse(to, url.href)) return { ...answer, url };
      url = new URL(to, url);
    }
    throw new InstarError("INS3029", `${host} leads in a circle`);
  }

  /** Raises INS3028 when the host asks for a pause, which it gets. */
  async #paced(host: string, urgency: Urgency, asked: Asked): Promise<Answer> {
    const pace = this.#paces.get(host) ?? new Pace(host);
    this.#paces.set(host, pace);
    const ask = async (): Promise<{ readonly answer: Answer; readonly ms: number | null }> => {
      const answer = await this.#transport.ask(asked);
      // Before the next one is let out.
      return { answer, ms: pauseIn(answer, pace) };
    };
    for (let attempt = 1; ; attempt++) {
      const { answer, ms } = await pace.turn(urgency, ask, attempt > 1);
      if (ms === null) return answer;
      // A short pause is sat out at the head of the queue: whoever was turned away once is not turned away for ever.
      if (attempt < ATTEMPTS && ms <= (urgency === "patient" ? PATIENCE_MS : HASTE_MS)) continue;
      throw new InstarError(
        "INS3028",
        `${host} asks for fewer requests (${answer.status}); the next goes out in ${Math.ceil(ms / 1000)} s`,
      );
    }
  }

  #trust(host: string, insecure: boolean): Asked["trust"] {
    return { insecure, ca: insecure ? null : trustedFor(host, this.#options.certificates) };
  }

  get #timeouts(): Timeouts {
    return this.#options.timeouts ?? TIMEOUTS;
  }
}
