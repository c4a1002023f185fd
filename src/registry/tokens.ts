import { InstarError } from "../errors.ts";
import type { Login } from "../reconcile/registry-port.ts";

/** `Bearer realm="https://auth.example/token",service="reg",scope="repository:a:pull"` (RFC 9110, "WWW-Authenticate"). */
export interface Challenge {
  readonly scheme: "basic" | "bearer";
  readonly parameters: Readonly<Record<string, string>>;
}

/** The first challenge that we can meet; a Bearer goes before a Basic. */
export function challengeOf(header: string | undefined): Challenge | null {
  const found = [...(header ?? "").matchAll(/\b(basic|bearer)\b((?:[\s,]*[\w-]+=(?:"(?:[^"\\]|\\.)*"|[^\s",]+))*)/gi)].map(
    ([, scheme = "", rest = ""]): Challenge => ({
      scheme: scheme.toLowerCase() === "basic" ? "basic" : "bearer",
      parameters: Object.fromEntries(
        [...rest.matchAll(/([\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))/g)].map(([, key = "", quoted, bare]) => [
          key.toLowerCase(),
          quoted === undefined ? (bare ?? "") : quoted.replace(/\\(.)/g, "$1"),
        ]),
      ),
    }),
  );
  return found.find(({ scheme }) => scheme === "bearer") ?? found[0] ?? null;
}

export const basic = ({ username = "", password = "" }: Login): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;

export interface TokenRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly form?: string;
}

/**
 * How to get a token (distribution project, "Token Authentication" and "OAuth2 Token Authentication"). The scope is asked for by
 * us, not taken from the challenge: pull and nothing more. Raises INS3029 for a realm that is no address.
 */
export function tokenRequest(challenge: Challenge, path: string, login: Login | null): TokenRequest {
  const { realm = "", service } = challenge.parameters;
  const scope = `repository:${path}:pull`;
  if (!URL.canParse(realm)) throw new InstarError("INS3029", `the registry names ${JSON.stringify(realm)} as the place for tokens`);
  const url = new URL(realm);
  if (login?.identitytoken !== undefined) {
    const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: login.identitytoken, client_id: "instar", scope });
    if (service !== undefined) form.set("service", service);
    return { method: "POST", url, headers: {}, form: form.toString() };
  }
  if (service !== undefined) url.searchParams.set("service", service);
  url.searchParams.set("scope", scope);
  if (login?.username !== undefined) url.searchParams.set("account", login.username);
  return { method: "GET", url, headers: login?.username === undefined ? {} : { authorization: basic(login) } };
}

/** Of the token server's answer. Without a lifetime it is 60 s (the same documents). Raises INS3029. */
export function tokenIn(body: Buffer, host: string): { readonly token: string; readonly livesMs: number } {
  const answer = jsonIn(body, `the token server ${host}`) as { token?: unknown; access_token?: unknown; expires_in?: unknown } | null;
  const token = [answer?.token, answer?.access_token].find((one) => typeof one === "string" && one !== "");
  if (typeof token !== "string" || /[^\x21-\x7e]/.test(token)) throw new InstarError("INS3029", `${host} gives no token that can be used`);
  const seconds = typeof answer?.expires_in === "number" && answer.expires_in > 0 ? answer.expires_in : 60;
  // Somewhat less, for clocks and for the way there.
  return { token, livesMs: Math.min(seconds, 3600) * 900 };
}

/** Raises INS3029. */
export function jsonIn(body: Buffer, whose: string): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new InstarError("INS3029", `${whose} answers what is no JSON`, { cause });
  }
}
