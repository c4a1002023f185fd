import { printYaml } from "../../../src/spec/print.ts";
import { type Imported, importStack } from "../../../src/spec/tutum/import.ts";
import type { StackSpec } from "../../../src/spec/types.ts";
import { load } from "../reading.ts";

type Values = Readonly<Record<string, unknown>>;

export interface Read extends Imported {
  readonly document: { readonly services: Readonly<Record<string, Values>>; readonly volumes?: Readonly<Record<string, Values>> };
  /** `2:3 web.tags out`, `3:3 web.net network_mode`. */
  readonly became: readonly string[];
  /** What Instar's own reader makes of the new file. */
  readonly spec: StackSpec;
}

/** Imports `/app/tutum.yml` with this text, and reads what comes out as `instar up` would. */
export function imported(text: string, env: Record<string, string> = {}, more: Readonly<Record<string, string>> = {}): Read {
  const found = onlyImported(text, env, more);
  return {
    ...found,
    document: found.document as Read["document"],
    became: found.notes.map(({ at, service, key, became }) => `${at.line}:${at.column} ${service}.${key} ${became ?? "out"}`),
    spec: load(printYaml(found.document), { env }).spec,
  };
}

export function onlyImported(text: string, env: Record<string, string> = {}, more: Readonly<Record<string, string>> = {}): Imported {
  const files = new Map(Object.entries({ "/app/tutum.yml": text, ...more }));
  const named = ["/app/tutum.yml", ...Object.keys(more).filter((file) => file.endsWith(".yml"))];
  return importStack({ files: named, folder: "/app", env, readFile: (file) => files.get(file) ?? null });
}

/** The one service `web` of a file that has these lines under it, from line 3 on; `image` is line 2. */
export const web = (lines: string, env: Record<string, string> = {}): Read =>
  imported(`web:\n  image: acme/web:1\n${lines.replaceAll(/^/gm, "  ")}\n`, env);

/** What was said of a service, in words. */
export const said = ({ notes }: Pick<Imported, "notes">, service: string): string[] =>
  notes.filter((note) => note.service === service).map(({ key, became, note }) => `${key} → ${became ?? "out"}: ${note}`);
