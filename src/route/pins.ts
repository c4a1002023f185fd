import { InstarError } from "../errors.ts";
import { safeBackend, safeDirectory, safeHost, safeInteger, safeServer, safeToken } from "./names.ts";
import { AGAIN } from "./server.ts";
import type { Backend, RouterSettings, RouteTable } from "./types.ts";

/**
 * How a request names the revision that is to answer it. Three maps, changed at run time:
 * `counts`: how many servers stand behind a key, and the backend alone where its requests may name a revision;
 * `picks`: key and number → server; `previews`: host → revision.
 * A key is the backend with `/8` (the revision), `!always` and `!never` (the sides of a canary), `~r8` or `~server` (sticky clients).
 */
const KEY = /^(be:[a-z0-9_.:-]+)((?:\/[0-9]{1,9}|!always|!never|~r[0-9]{1,9})(?:\/[0-9]{1,5})?|~[A-Za-z0-9][A-Za-z0-9_.-]{0,253})?$/;
const REVISION = /^[0-9]{1,9}$/;

type Entries = ReadonlyMap<string, string>;
const none: Entries = new Map();

/** Raises INS1014, as the next two. */
export const countEntries = ({ pins }: RouteTable): Entries =>
  pins === undefined
    ? none
    : new Map(Object.entries(pins.counts).map(([key, count]) => [safeKey(key), String(safeInteger(count, 1, 100_000, "count"))]));

export const pickEntries = ({ pins }: RouteTable): Entries =>
  pins === undefined ? none : new Map(Object.entries(pins.picks).map(([key, server]) => [safeKey(key), safeServer(server)]));

export const previewEntries = ({ pins }: RouteTable): Entries =>
  pins === undefined
    ? none
    : new Map(
        Object.entries(pins.previews).map(([host, revision]) => {
          if (!REVISION.test(revision)) throw new InstarError("INS1014", `${JSON.stringify(revision)} is no revision`);
          return [safeHost(host), revision];
        }),
      );

function safeKey(key: string): string {
  const found = KEY.exec(key);
  if (found === null) throw new InstarError("INS1014", `the key ${JSON.stringify(key.slice(0, 80))} cannot be used in the router`);
  safeBackend(found[1] ?? "");
  return key;
}

/** In a frontend, once the backend is known, and only where the maps are today's: `X-Instar-Revision` or a preview's host. A revision that is not there answers 404. */
export function pinRules(settings: RouterSettings): readonly string[] {
  const dir = safeDirectory(settings.runDir);
  return [
    `http-request set-var(txn.pinnable) var(txn.be),map_str_int(${dir}/counts.map) if !{ stopping }`,
    "http-request set-var(txn.rev) req.hdr(x-instar-revision) if { var(txn.pinnable) -m found }",
    `http-request set-var(txn.rev) req.hdr(host),host_only,lower,map_str(${dir}/previews.map) if { var(txn.pinnable) -m found } !{ var(txn.rev) -m found }`,
    "http-request set-var-fmt(txn.pin) %[var(txn.be)]/%[var(txn.rev)] if { var(txn.rev) -m found }",
    ...pickRules(dir, "{ var(txn.rev) -m found }"),
    'http-request return status 404 content-type text/plain string "404: Instar has no such revision of this service.\\n" if { var(txn.rev) -m found } !{ var(txn.srv) -m found }',
  ];
}

/** In a backend: the always and never of a canary, then clients that come back. */
export function chooserRules(backend: Backend, settings: RouterSettings): readonly string[] {
  const dir = safeDirectory(settings.runDir);
  const name = safeBackend(backend.name);
  const free = "!{ var(txn.srv) -m found }";
  const rules: string[] = [];
  for (const side of ["always", "never"]) {
    const { header = null, cookie = null } = backend.chooser ?? {};
    if (header !== null)
      rules.push(`http-request set-var(txn.side) str(${name}!${side}) if { req.hdr(${safeToken(header)}) -m str ${side} } ${free}`);
    if (cookie !== null)
      rules.push(`http-request set-var(txn.side) str(${name}!${side}) if { req.cook(${safeToken(cookie)}) -m str ${side} } ${free}`);
  }
  if (rules.length > 0) {
    rules.push(`http-request set-var(txn.pin) var(txn.side) if { var(txn.side) -m found } ${free}`);
    rules.push(...pickRules(dir, `{ var(txn.side) -m found } ${free}`));
  }
  if (backend.sticky !== undefined) rules.push(...stickyRules(dir, name, safeToken(backend.sticky)));
  return [
    ...rules,
    // Who names a revision is not given another one because its instance has just died.
    "force-persist if { var(txn.rev) -m found }",
    "use-server %[var(txn.srv)] if { var(txn.srv) -m found }",
  ];
}

/** Back to the same instance while it takes requests, else to another one of its revision while that has a share. */
function stickyRules(dir: string, name: string, cookie: string): readonly string[] {
  const back = "{ var(txn.stuck) -m found } !{ var(txn.srv) -m found }";
  return [
    `http-request set-var(txn.stuck) req.cook(${cookie}) if !{ var(txn.srv) -m found }`,
    `http-request set-var-fmt(txn.pin) ${name}~%[var(txn.stuck)] if ${back}`,
    `http-request set-var(txn.srv) var(txn.pin),map_str(${dir}/picks.map) if ${back}`,
    `http-request set-var-fmt(txn.pin) ${name}~%[var(txn.stuck),field(-3,-)] if ${back}`,
    ...pickRules(dir, back),
    `http-response add-header Set-Cookie "${cookie}=%[srv_name]; Path=/; HttpOnly; SameSite=Lax" if !{ var(txn.rev) -m found } !{ srv_name,strcmp(txn.stuck) eq 0 } !{ srv_name -m str ${AGAIN} }`,
  ];
}

/** `txn.pin` → how many → one of them by chance → `txn.srv`; nothing is set where the key is not there. */
function pickRules(dir: string, when: string): readonly string[] {
  const known = `${when} { var(txn.pins) -m found }`;
  return [
    `http-request unset-var(txn.pins) if ${when}`,
    `http-request set-var(txn.pins) var(txn.pin),map_str_int(${dir}/counts.map) if ${when}`,
    `http-request set-var(txn.nth) rand,mod(txn.pins) if ${known}`,
    `http-request set-var-fmt(txn.pin) %[var(txn.pin)]/%[var(txn.nth)] if ${known}`,
    `http-request set-var(txn.srv) var(txn.pin),map_str(${dir}/picks.map) if ${known}`,
  ];
}
