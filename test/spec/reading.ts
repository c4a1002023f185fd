import { InstarError } from "../../src/errors.ts";
import { type LoadedStack, type LoadInput, loadStack } from "../../src/spec/load.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";

export interface Around {
  readonly env?: Record<string, string | undefined>;
  /** Files besides `/app/compose.yaml`; relative names stand in /app. */
  readonly files?: Readonly<Record<string, string>>;
  readonly more?: Partial<LoadInput>;
}

/** Loads `/app/compose.yaml` with this text from a file system in memory. */
export function load(text: string, around: Around = {}): LoadedStack {
  const files = new Map([
    ["/app/compose.yaml", text],
    ...Object.entries(around.files ?? {}).map(([name, content]) => [name.startsWith("/") ? name : `/app/${name}`, content] as const),
  ]);
  return loadStack({ files: [], cwd: "/app", env: around.env ?? {}, readFile: (path) => files.get(path) ?? null, ...around.more });
}

/** The service `web` of a file that has `keys` under it (YAML flow or block lines), an image unless `image: null` is wanted. */
export function service(keys: string, around: Around & { readonly tail?: string; readonly image?: null } = {}): ServiceSpec {
  const lines = keys.split("\n").map((line) => `    ${line}`);
  const image = around.image === null ? "" : "    image: a\n";
  const spec = load(`services:\n  web:\n${image}${lines.join("\n")}\n${around.tail ?? ""}`, around).spec.services["web"];
  if (spec === undefined) throw new Error("no service web");
  return spec;
}

/** `INS1003 4:5 services.web.imgae: unknown key "imgae" | did you mean image?` */
export function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (!(error instanceof InstarError)) throw error;
    return `${error.code} ${error.at === null ? "-" : `${error.at.line}:${error.at.column}`} ${error.message} | ${error.hint}`;
  }
  return "accepted";
}

export const notices = (text: string, around: Around = {}): string[] =>
  load(text, around).notices.map(({ code, at, message }) => `${code} ${at?.line}:${at?.column} ${message}`);
