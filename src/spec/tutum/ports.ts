import type { Claim } from "../clash.ts";
import { show } from "../names.ts";
import type { Node } from "../node.ts";
import { range, splitPort } from "../ports.ts";
import type { Draft } from "./draft.ts";
import type { Translate } from "./keys.ts";
import { itemsOf, replicasOf } from "./old-service.ts";
import { covered, hasVariable, textOf, uncovered } from "./values.ts";

export interface OldPort {
  /** Empty: any free one. */
  readonly published: string;
  /** A number, or what is no port at all. */
  readonly target: number;
  readonly protocol: string;
  readonly hostIp: string | null;
}

/** null: it is no port; the reader of the new file says why. */
export function readPort(node: Node): OldPort | null {
  const parts = splitPort(covered(textOf(node)));
  return parts === null
    ? null
    : {
        published: uncovered(parts.published),
        target: Number(parts.target),
        protocol: parts.protocol,
        hostIp: parts.host === "" ? null : uncovered(parts.host),
      };
}

/** On one machine a host port is one service's; nodes each had their own. What has it first keeps it. */
export function claimed(draft: Draft, service: string, port: OldPort): Claim | null {
  const ports = range(port.published);
  const claim = (key: string): Claim => ({ kind: "port", key: `${key}/${port.protocol}`, hostIp: port.hostIp, service, weight: null });
  // A variable has one value wherever it is written.
  if (ports === null) return hasVariable(port.published) ? draft.claim([claim(port.published)]) : null;
  const claims = Array.from({ length: ports.last - ports.first + 1 }, (_, index) => claim(String(ports.first + index)));
  return draft.claim(claims);
}

export const translatePorts: Translate = (key, service, draft, { onHost }) => {
  const { name } = service;
  const out = (item: Node, note: string) => draft.note(item, name, key.written, null, `${show(textOf(item))}: ${note}`);
  const replicas = replicasOf(service) ?? 1;
  for (const item of itemsOf(key.value)) {
    const port = readPort(item);
    if (onHost.has(name)) {
      out(item, "on the host's network the instance has the host's ports itself");
      continue;
    }
    if (port?.protocol === "udp" && port.published !== "" && replicas > 1) {
      out(item, `UDP ports are bound by the engine itself, and ${replicas} instances cannot all have this one: use one, or another way in`);
      continue;
    }
    const other = port === null ? null : claimed(draft, name, port);
    if (other !== null) {
      out(item, `${other.service} has the host port ${other.key} already, and there is one machine: publish another`);
      continue;
    }
    draft.add(name, key.key, item);
    if (port?.published === "")
      draft.note(
        item,
        name,
        key.written,
        key.key,
        `${show(textOf(item))}: a free host port from 20000 to 29999, given once and kept; instar services shows it`,
      );
  }
};
