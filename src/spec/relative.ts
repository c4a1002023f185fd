import { isAbsolute, resolve } from "node:path";
import { textNode } from "./forms.ts";
import type { Entry, MapNode, Node, ScalarNode } from "./node.ts";

/** Relative paths belong to the folder of the file that writes them; a file from elsewhere is made absolute before it is merged. */

type Change = (node: Node) => Node;

/**
 * Every path of a file made absolute from `folder`; `home` stands for `~`. Texts that are no paths stay as they are. A build that names
 * no context is in that folder too.
 */
export function absolutePaths(root: MapNode, folder: string, home: string | undefined): MapNode {
  const placed = relocatePaths(root, folder, home);
  const build: Change = (node) =>
    node.kind === "map" && !node.entries.has("context")
      ? { ...node, entries: new Map([...node.entries, ["context", { key: "context", at: node.at, value: textNode(node, folder) }]]) }
      : node;
  return under(placed, { services: all((service) => under(service, { build })) }) as MapNode;
}

/** As `absolutePaths`, for a part of a file: what it leaves out may be said elsewhere. */
export function relocatePaths(root: MapNode, folder: string, home: string | undefined): MapNode {
  const path = scalar((text) => absolute(text, folder, home));
  const context = scalar((text) => (isRemoteContext(text) ? text : absolute(text, folder, home)));
  const device = scalar((text) => (text === "" ? folder : absolute(text, folder, home)));
  const mount: Change = (node) => {
    if (node.kind === "map")
      return textUnder(node, "type") === "bind" ? under(node, { source: scalar((text) => absolute(text, folder, home)) }) : node;
    if (node.kind !== "scalar" || !PATHLIKE.test(node.text) || !node.text.includes(":")) return node;
    const colon = node.text.indexOf(":");
    return textNode(node, absolute(node.text.slice(0, colon), folder, home) + node.text.slice(colon));
  };
  const contexts: Change = (node) =>
    node.kind === "map"
      ? all(context)(node)
      : all(
          scalar((text) => {
            const equals = text.indexOf("=");
            const value = text.slice(equals + 1);
            return equals < 0 || isRemoteContext(value) ? text : `${text.slice(0, equals)}=${absolute(value, folder, home)}`;
          }),
        )(node);
  const build: Change = (node) => (node.kind === "map" ? under(node, { context, additional_contexts: contexts }) : context(node));
  const envFile: Change = (node) => (node.kind === "map" ? under(node, { path }) : path(node));
  const key = scalar((text) => (text.trimStart().startsWith("-----BEGIN") ? text : absolute(text, folder, home)));
  const verify: Change = (node) => under(node, { verify: (value) => under(value, { cosign: key }) });
  const service: Change = (node) =>
    under(node, {
      build,
      env_file: oneOrAll(envFile),
      label_file: oneOrAll(path),
      volumes: all(mount),
      "x-instar": verify,
      develop: (develop) => under(develop, { watch: all((watch) => under(watch, { path })) }),
    });
  const file: Change = (node) => under(node, { file: path });
  const volume: Change = (node) => {
    const options = node.kind === "map" ? node.entries.get("driver_opts")?.value : undefined;
    const bind = options !== undefined && textUnder(node, "driver") === "local" && textUnder(options, "o") === "bind";
    return bind ? under(node, { driver_opts: (opts) => under(opts, { device }) }) : node;
  };
  return under(root, {
    services: all(service),
    "x-instar": verify,
    configs: all(file),
    secrets: all(file),
    volumes: all(volume),
  }) as MapNode;
}

const PATHLIKE = /^[./~]/;

function absolute(text: string, folder: string, home: string | undefined): string {
  if (text === "" || (text.startsWith("~") && home === undefined)) return text;
  // `~user` is refused where the path is used.
  if (text === "~" || text.startsWith("~/")) return resolve(home ?? "/", `.${text.slice(1)}`);
  return text.startsWith("~") || isAbsolute(text) || /^[A-Za-z]:[\\/]/.test(text) ? text : resolve(folder, text);
}

/** A build context that is no folder of this machine. */
export const isRemoteContext = (text: string): boolean =>
  text.includes("://") || /^(service:|github\.com\/|git@)/.test(text) || /^[^/.][^/]*\.git(#.*)?$/.test(text);

const scalar =
  (change: (text: string) => string): Change =>
  (node) => {
    if (node.kind !== "scalar" || node.value === null) return node;
    const text = change(node.text);
    return text === node.text ? node : ({ ...node, value: text, text } satisfies ScalarNode);
  };

const oneOrAll =
  (change: Change): Change =>
  (node) =>
    node.kind === "list" ? all(change)(node) : change(node);

/** Every item of a list, every value of a mapping. */
const all =
  (change: Change): Change =>
  (node) => {
    if (node.kind === "list") return { ...node, items: node.items.map(change) };
    if (node.kind !== "map") return node;
    return {
      ...node,
      entries: new Map([...node.entries].map(([key, entry]): [string, Entry] => [key, { ...entry, value: change(entry.value) }])),
    };
  };

function under(node: Node, changes: Readonly<Record<string, Change>>): Node {
  if (node.kind !== "map") return node;
  const entries = new Map(node.entries);
  for (const [key, change] of Object.entries(changes)) {
    const entry = entries.get(key);
    if (entry !== undefined) entries.set(key, { ...entry, value: change(entry.value) });
  }
  return { ...node, entries };
}

function textUnder(node: Node, key: string): string | null {
  const value = node.kind === "map" ? node.entries.get(key)?.value : undefined;
  return value?.kind === "scalar" ? value.text : null;
}
