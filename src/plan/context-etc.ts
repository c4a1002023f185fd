import { type EtcTexts, etcEntries } from "../spec/context-etc.ts";
import type { ServiceSpec } from "../spec/types.ts";

/** What an instance is itself, as its hosts file has to say. */
export interface OwnName {
  /** Of its spec, else the beginning of the engine's id; null: not known yet. */
  readonly hostname: string | null;
  /** One for each network, the one that is routed to first. */
  readonly addresses: readonly string[];
}

type Given = Pick<ServiceSpec, "container">;

/**
 * The files of one instance: what the engine would have written (it writes nothing where a file is mounted), then what the templates
 * say. The same facts give the same bytes.
 */
export const etcFiles = (said: EtcTexts, spec: Given, own: OwnName): EtcTexts =>
  Object.fromEntries(
    etcEntries(said).map(([file, text]) => [file, file === "hosts" ? hostsText(text, spec, own) : resolvText(text, spec)] as const),
  );

const HEAD = (file: string): string => `# Managed by Instar (x-instar.context, ${file}): an edit is put back.\n`;

/** As libnetwork begins it (etchosts/etchosts.go, defaultContent). */
const LOCAL = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::0\tip6-localnet",
  "ff00::0\tip6-mcastprefix",
  "ff02::1\tip6-allnodes",
  "ff02::2\tip6-allrouters",
];

function hostsText(said: string, { container = {} }: Given, { hostname, addresses }: OwnName): string {
  const extra = (container.extraHosts ?? []).map((line) => {
    const cut = line.indexOf(":");
    return `${line.slice(cut + 1)}\t${line.slice(0, cut)}`;
  });
  const own = hostname === null ? [] : addresses.map((address) => `${address}\t${names(hostname, container.domainname)}`);
  return HEAD("hosts") + ended([...LOCAL, ...extra, ...own].join("\n")) + ended(said);
}

/** The full name and the short one (libnetwork, Sandbox.buildHostsFile). */
function names(hostname: string, domainname = ""): string {
  const full = domainname === "" ? hostname : `${hostname}.${domainname}`;
  const [short = ""] = full.split(".", 1);
  return short === full ? full : `${full} ${short}`;
}

/**
 * `search` and `options` lines of the service's own keys come first: of several `search` lines the last is taken. Where no server comes
 * out, the engine's own is asked, as without this file: a resolver without any asks 127.0.0.1.
 */
function resolvText(said: string, { container: { dnsSearch = [], dnsOptions = [] } = {} }: Given): string {
  const keys = [
    ...(dnsSearch.length === 0 ? [] : [`search ${dnsSearch.join(" ")}`]),
    ...(dnsOptions.length === 0 ? [] : [`options ${dnsOptions.join(" ")}`]),
  ];
  const servers = /^nameserver[ \t]+\S/m.test(said) ? [] : [`nameserver ${ENGINES_SERVER}`];
  return HEAD("resolv.conf") + ended(keys.join("\n")) + ended(said) + ended(servers.join("\n"));
}

/** In every instance that is on a network of its own. */
const ENGINES_SERVER = "127.0.0.11";

const ended = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);
