import type { ErrorCode } from "../errors.ts";
import { suggest } from "../lib/suggest.ts";
import { type EtcTexts, etcEntries, etcTarget, faultOfEtc, readEtc } from "./context-etc.ts";
import { isTarget, show } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import { type Part, parseTemplate, TemplateFault } from "./template.ts";
import type { ServiceSpec } from "./types.ts";
import { optional, record, text } from "./values.ts";

/** `x-instar.context`: files that an instance is told at run time, and what happens when they change. */
export interface ContextSpec {
  /** The directory inside the instance; absent where there are no files. */
  readonly target?: string;
  /** File name → template. */
  readonly files: Readonly<Record<string, string>>;
  /** Templates of what is mounted over /etc/hosts and /etc/resolv.conf; absent when neither is managed. */
  readonly etc?: EtcTexts;
  readonly onChange: OnChange;
}

export type OnChange =
  | { readonly kind: "signal"; readonly signal: ContextSignal }
  | { readonly kind: "replace" }
  | { readonly kind: "nothing" };

const FILE = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;
const SIGNALS = ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGWINCH", "SIGCONT"] as const;

/** Those that a process may take for news; others end it. */
export type ContextSignal = (typeof SIGNALS)[number];
const MOST_FILES = 50;
const LONGEST = 64 * 1024;

/** Raises INS1004, INS1034 with positions. Names of services are looked at by `checkContexts`, when all are known. */
export function readContext(map: MapNode | null): Pick<ServiceSpec, "context"> {
  const node = map === null ? null : child(map, "context");
  if (node === null) return {};
  if (node.kind !== "map") return fail("INS1004", node, "wants a mapping", "write context: { target: /context, files: { … } }");
  const etc = readEtc(node);
  for (const [file, at] of etc?.nodes ?? []) {
    const fault = faultOfTemplate(file, text(at));
    if (fault !== null) fail("INS1034", at, fault);
  }
  // A file that is mounted alone is rewritten in place, and who read half of it needs a fresh start.
  const usual: OnChange = { kind: etc === undefined ? "nothing" : "replace" };
  const onChange = optional(node, "on_change", readOnChange, usual);
  const managed = etc === undefined ? {} : { etc: etc.templates };
  if (etc !== undefined && child(node, "target") === null && child(node, "files") === null)
    return { context: { files: {}, ...managed, onChange } };
  return { context: { ...readDirectory(node), ...managed, onChange } };
}

function readDirectory(node: MapNode): Pick<ContextSpec, "target" | "files"> {
  const target = child(node, "target");
  const path = target === null ? fail("INS1004", node, "needs the directory it is mounted at", "add target: /context") : text(target);
  if (!fits(path)) return fail("INS1034", target ?? node, `${show(path)} is not a directory of its own inside the instance`, TARGET_HINT);
  const files = child(node, "files");
  const entries = files?.kind === "map" ? [...files.entries.values()] : [];
  if (entries.length === 0) return fail("INS1004", files ?? node, "names no file", "add files: { NAME: TEMPLATE }");
  const read = record(entries.map(({ key, value }): [string, string] => [key, text(value)]));
  for (const { key, value } of entries) {
    const fault = faultOfFile(key, text(value));
    if (fault !== null) fail("INS1034", value, fault);
  }
  if (entries.length > MOST_FILES) return fail("INS1034", files ?? node, `has ${entries.length} files, ${MOST_FILES} are the most`);
  return { target: path, files: read };
}

const TARGET_HINT = "write it like target: /context, without .. and not the root";

const fits = (path: string): boolean => isTarget(path) && /^\/[^/]/.test(path) && !path.split("/").some((part) => part === "..");

function readOnChange(node: Node): OnChange {
  const words = node.kind === "map" ? `signal ${optional(node, "signal", text, "")}` : text(node).trim();
  if (words === "replace" || words === "nothing") return { kind: words };
  const name = /^signal (?:SIG)?([A-Z0-9]+)$/.exec(words.toUpperCase().replace(/^SIGNAL/, "signal"))?.[1];
  const signal = SIGNALS.find((one) => one === `SIG${name}`);
  return signal !== undefined
    ? { kind: "signal", signal }
    : fail(
        "INS1034",
        node,
        `${show(words)} is nothing that can be done on a change`,
        "write signal HUP (or USR1, USR2, WINCH), replace, or nothing",
      );
}

function faultOfFile(name: string, template: string): string | null {
  if (!FILE.test(name)) return `${show(name)} cannot be the name of a context file: letters, digits, . _ and -, no leading dot`;
  return faultOfTemplate(name, template);
}

function faultOfTemplate(name: string, template: string): string | null {
  if (template.length > LONGEST) return `the template of ${name} has ${template.length} characters, ${LONGEST} are the most`;
  try {
    parseTemplate(template);
    return null;
  } catch (cause) {
    if (cause instanceof TemplateFault) return `${name}, line ${cause.line} of the template: ${cause.message}`;
    throw cause;
  }
}

/** Every template of a context with the name it has in messages. */
const templatesOf = ({ files, etc = {} }: ContextSpec): readonly (readonly [string, string])[] => [
  ...Object.entries(files),
  ...etcEntries(etc).map(([file, template]) => [etcTarget(file), template] as const),
];

/** Services whose instances the templates name, sorted. */
export const peersIn = (context: ContextSpec): readonly string[] => namedIn(context, 2, ["peers", "count"]);

/** Services whose host ports the templates name, sorted. */
export const portsIn = (context: ContextSpec): readonly string[] => namedIn(context, 3, ["ports"]);

/** The services in names of so many parts that begin with one of these: {{count.SERVICE}}, {{ports.SERVICE.PORT}}. */
const namedIn = (context: ContextSpec, length: number, heads: readonly string[]): readonly string[] =>
  [
    ...new Set(
      templatesOf(context)
        .flatMap(([, template]) => [...walk(parseTemplate(template))])
        .flatMap(({ path: [head = "", service = ""], path }) => (path.length === length && heads.includes(head) ? [service] : [])),
    ),
  ].sort();

/** Does a template say at which port an instance is reached? */
export const asksForPort = (context: ContextSpec): boolean =>
  templatesOf(context).some(([, template]) => [...walk(parseTemplate(template))].some(({ path }) => path.join(".") === "port"));

function* walk(parts: readonly Part[]): Generator<Exclude<Part, { kind: "text" }>> {
  for (const part of parts) {
    if (part.kind === "text") continue;
    yield part;
    if (part.kind === "section") yield* walk(part.parts);
  }
}

/** The container port that peers are reached at: where domains go, else the first one published or exposed. */
export const portOf = (spec: ServiceSpec): number | null =>
  spec.domainPort ?? spec.ports.find(({ mode, protocol }) => mode === "ingress" && protocol === "tcp")?.target ?? spec.expose[0] ?? null;

export interface ContextFault {
  readonly service: string;
  readonly code: ErrorCode;
  /** Where in the context; empty: nowhere in particular. */
  readonly at: readonly string[];
  readonly message: string;
  readonly hint?: string;
}

/** What the contexts of a stack say that cannot be: the first fault, or null. The same for files and for what came over the wire. */
export function contextFault(services: Readonly<Record<string, ServiceSpec>>): ContextFault | null {
  for (const [service, spec] of Object.entries(services)) {
    const { context } = spec;
    if (context === undefined) continue;
    const fault = faultOfPlaces(spec, context) ?? faultOfTemplates(context, services) ?? faultOfPeers(service, spec, context, services);
    if (fault !== null) return { service, code: "INS1034", at: [], ...fault };
  }
  return null;
}

type Fault = Pick<ContextFault, "message" | "hint"> & Partial<ContextFault>;

function faultOfPlaces({ mounts, tmpfs, ...spec }: ServiceSpec, context: ContextSpec): Fault | null {
  const { target } = context;
  if (target !== undefined && [...mounts, ...tmpfs].some((one) => one.target === target))
    return { message: `${target} is mounted already`, hint: "give the context a directory of its own" };
  if (target !== undefined && !fits(target)) return { message: `${show(target)} is not a directory of its own`, hint: TARGET_HINT };
  const names = Object.keys(context.files);
  if (target === undefined ? names.length > 0 || etcEntries(context.etc ?? {}).length === 0 : names.length === 0)
    return { message: "names a directory without files, or files without a directory", hint: TARGET_HINT };
  if (names.length > MOST_FILES) return { message: "has too many files" };
  if (context.onChange.kind === "signal" && !SIGNALS.includes(context.onChange.signal))
    return { message: `${context.onChange.signal} cannot be sent` };
  for (const [file] of etcEntries(context.etc ?? {})) {
    const fault = faultOfEtc(file, { mounts, tmpfs, ...spec });
    if (fault !== null) return { code: "INS1195", at: [file], ...fault };
  }
  return null;
}

function faultOfTemplates(context: ContextSpec, services: Readonly<Record<string, ServiceSpec>>): Fault | null {
  for (const [name, template] of Object.entries(context.files)) {
    const message = faultOfFile(name, template) ?? faultOfNames(name, parseTemplate(template), services);
    if (message !== null) return { message, at: ["files", name] };
  }
  for (const [file, template] of etcEntries(context.etc ?? {})) {
    const message = faultOfTemplate(file, template) ?? faultOfNames(file, parseTemplate(template), services);
    if (message !== null) return { message, at: [file] };
  }
  return null;
}

function faultOfPeers(
  service: string,
  { networkMode, networks }: ServiceSpec,
  context: ContextSpec,
  services: Readonly<Record<string, ServiceSpec>>,
): Fault | null {
  for (const peer of peersIn(context)) {
    if (context.onChange.kind === "replace" && reaches(services, peer, service))
      return {
        message: `with on_change: replace it would be replaced for ever: ${peer === service ? "it names itself" : `${peer} is replaced because of it`}`,
        hint: "use on_change: nothing or signal HUP for one of them",
      };
    if (networkMode === "host") continue;
    const shared = Object.keys(networks).some((key) => Object.hasOwn(services[peer]?.networks ?? {}, key));
    if (!shared) return { message: `it shares no network with ${peer}`, hint: "put both on one network" };
  }
  return null;
}

/** Would a replacement of `from` lead, over contexts that replace, to one of `to`? */
function reaches(services: Readonly<Record<string, ServiceSpec>>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const waiting = [from];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (next === to) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    const context = services[next]?.context;
    if (context?.onChange.kind === "replace") waiting.push(...peersIn(context));
  }
  return false;
}

const OF_PEER = ["name", "address", "port", "slot", "revision", "index"] as const;
const MARKS = ["first", "last"] as const;
const OF_STACK = ["stack", "service"] as const;

/** The names a template may use, and where; the first that is none. `peer`: the service whose list it stands in. */
function faultOfNames(
  file: string,
  parts: readonly Part[],
  services: Readonly<Record<string, ServiceSpec>>,
  peer: string | null = null,
): string | null {
  for (const part of parts) {
    if (part.kind === "text") continue;
    const name = part.path.join(".");
    const [head = "", of = "", ...more] = part.path;
    const wrong = (message: string): string => `${file}, line ${part.line} of the template: {{${name}}} ${message}`;
    if (part.kind === "section") {
      const isList = head === "peers" && part.path.length === 2;
      if (!isList && !(peer !== null && (MARKS as readonly string[]).includes(name)))
        return wrong("is no list: {{#peers.SERVICE}} is one, {{#first}} and {{#last}} stand inside it");
      if (isList && !Object.hasOwn(services, of)) return wrong(unknown(of, services));
      const inside = faultOfNames(file, part.parts, services, isList && !part.inverted ? of : peer);
      if (inside !== null) return inside;
    } else if (head === "count" && part.path.length === 2) {
      if (!Object.hasOwn(services, of)) return wrong(unknown(of, services));
    } else if (head === "ports" && part.path.length === 3) {
      if (!Object.hasOwn(services, of)) return wrong(unknown(of, services));
      const port = services[of]?.ports.find(({ target, protocol }) => protocol === "tcp" && String(target) === more[0]);
      if (port === undefined) return wrong(`is no port of ${of}`);
      if (port.mode === "host" && port.published === null)
        return wrong("is not known: with mode: host the engine chooses another for each instance; add published:");
    } else if (part.path.length > 1 || !(OF_STACK as readonly string[]).includes(name)) {
      if (peer === null || !(OF_PEER as readonly string[]).includes(name))
        return wrong(
          `is not known; there are ${[...OF_STACK, "count.SERVICE", "ports.SERVICE.PORT"].join(", ")}, and in {{#peers.SERVICE}} ${OF_PEER.join(", ")}`,
        );
      const own = Object.hasOwn(services, peer) ? services[peer] : undefined;
      if (name === "port" && own !== undefined && portOf(own) === null) return wrong(`is not known: ${peer} has no port; add expose:`);
    }
  }
  return null;
}

function unknown(service: string, services: Readonly<Record<string, ServiceSpec>>): string {
  const near = suggest(service, Object.keys(services));
  return `names no service of the file${near === null ? "" : `; did you mean ${near}?`}`;
}

/** Raises INS1034, INS1195 where a context stands that cannot be. */
export function checkContexts(all: MapNode, services: Readonly<Record<string, ServiceSpec>>): void {
  const fault = contextFault(services);
  if (fault === null) return;
  let at: Node = all;
  for (const key of [fault.service, "x-instar", "context", ...fault.at]) at = (at.kind === "map" ? child(at, key) : null) ?? at;
  fail(fault.code, at, fault.message, fault.hint);
}

/** What of a context reaches container create: how a change is told does not. */
export const contextIdentity = ({ target, files, etc }: ContextSpec): object => ({
  ...(target === undefined ? {} : { target, files }),
  ...(etc === undefined ? {} : { etc }),
});
