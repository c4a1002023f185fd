import { InstarError } from "../errors.ts";
import { contentName } from "../spec/secrets.ts";
import type { FileSpec, ServiceSpec } from "../spec/types.ts";
import type { SentContent } from "./control.ts";
import type { Blueprint, FileContent, FileStore, StoredFile } from "./ports.ts";

/** A content and the file that is to hold it. */
export interface Sealed {
  readonly file: StoredFile;
  readonly content: FileContent;
}

const PLAIN = 0o444;
const EXECUTABLE = 0o555;

/**
 * The spec with the version of every secret and config in it, and their contents beside it: what is stored, shown and compared holds
 * versions only. Writes nothing. What a client says about versions is not heard. Raises INS1031.
 */
export async function seal(
  files: FileStore,
  service: string,
  spec: ServiceSpec,
  sent: Readonly<Record<string, SentContent>>,
): Promise<{ readonly spec: ServiceSpec; readonly sealed: readonly Sealed[] }> {
  if (spec.files === undefined) return { spec, sealed: [] };
  const found: { file: FileSpec; content: FileContent }[] = [];
  for (const file of spec.files) {
    const content = file.external === null ? contentSent(service, file, sent) : await files.externals.read(file.kind, file.external);
    const mode = file.mode ?? (content.executable ? EXECUTABLE : PLAIN);
    found.push({ file: { ...file, mode, version: files.version(content) }, content });
  }
  return {
    spec: { ...spec, files: found.map(({ file }) => file) },
    sealed: found.map(({ file, content }) => ({ file: stored(file), content })),
  };
}

/** Where an instance's secrets and configs are on the host. Raises INS6031. */
export async function filesOf(files: FileStore, spec: ServiceSpec): Promise<NonNullable<Blueprint["files"]>> {
  const found: { source: string; target: string }[] = [];
  for (const file of spec.files ?? []) found.push({ source: await files.path(stored(file)), target: file.target });
  return found;
}

function contentSent(service: string, { kind, key }: FileSpec, sent: Readonly<Record<string, SentContent>>): FileContent {
  const name = contentName(kind, key);
  const content = Object.hasOwn(sent, name) ? sent[name] : undefined;
  if (content === undefined) throw new InstarError("INS1031", `services.${service}: the content of the ${kind} ${key} did not come along`);
  return { bytes: Buffer.from(content.base64, "base64"), executable: content.executable };
}

function stored({ kind, key, uid, gid, mode, version }: FileSpec): StoredFile {
  if (version === null || mode === null) throw new InstarError("INS7005", `the ${kind} ${key} has no version`);
  return { version, uid, gid, mode };
}
