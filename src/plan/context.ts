import type { ContextSpec } from "../spec/context.ts";
import { type EtcTexts, etcEntries } from "../spec/context-etc.ts";
import { type Part, parseTemplate } from "../spec/template.ts";

/** A ready instance as a template sees it. */
export interface Peer {
  readonly name: string;
  readonly address: string;
  /** null only where no template asks for it. */
  readonly port: number | null;
  readonly slot: number;
  readonly revision: number;
}

/** All that a template may say. */
export interface ContextFacts {
  readonly stack: string;
  readonly service: string;
  /** Service → its ready instances, by slot. */
  readonly peers: Readonly<Record<string, readonly Peer[]>>;
  /** Service → container port → the host port it is published at. */
  readonly ports: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** File name → content. The same facts give the same bytes. Templates were checked when they were read (spec/context.ts). */
export function renderContext(context: ContextSpec, facts: ContextFacts): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(context.files).map(([name, template]) => [name, write(parseTemplate(template), facts, null)]));
}

/** What the templates of hosts and resolv.conf say; what else is in the files is each instance's own (`etcFiles`). */
export const renderEtc = ({ etc = {} }: ContextSpec, facts: ContextFacts): EtcTexts =>
  Object.fromEntries(etcEntries(etc).map(([file, template]) => [file, write(parseTemplate(template), facts, null)] as const));

interface Place {
  readonly peer: Peer;
  readonly index: number;
  readonly of: number;
}

function write(parts: readonly Part[], facts: ContextFacts, place: Place | null): string {
  return parts
    .map((part) => {
      if (part.kind === "text") return part.text;
      if (part.kind === "value") return value(part.path, facts, place);
      if (part.path[0] === "peers") {
        const peers = facts.peers[part.path[1] ?? ""] ?? [];
        if (part.inverted) return peers.length === 0 ? write(part.parts, facts, place) : "";
        return peers.map((peer, index) => write(part.parts, facts, { peer, index, of: peers.length })).join("");
      }
      const marked = part.path[0] === "first" ? place?.index === 0 : place !== null && place.index === place.of - 1;
      return marked === part.inverted ? "" : write(part.parts, facts, place);
    })
    .join("");
}

function value([head, of = "", port = ""]: readonly string[], facts: ContextFacts, place: Place | null): string {
  switch (head) {
    case "stack":
      return facts.stack;
    case "service":
      return facts.service;
    case "count":
      return String(facts.peers[of]?.length ?? 0);
    case "ports":
      return String(facts.ports[of]?.[port] ?? "");
    case "index":
      return String(place?.index ?? "");
    case "name":
    case "address":
    case "port":
    case "slot":
    case "revision":
      return String(place?.peer[head] ?? "");
    default:
      return "";
  }
}

/** `web is shop-web-r1-1-a1, shop-web-r1-2-a1; db is nobody` */
export const inWords = ({ peers }: ContextFacts): string =>
  Object.entries(peers)
    .map(([service, list]) => `${service} is ${list.length === 0 ? "nobody" : list.map(({ name }) => name).join(", ")}`)
    .join("; ") || "its templates";
