import { InstarError } from "../errors.ts";
import { Turns } from "../lib/turns.ts";
import { contentName } from "../spec/secrets.ts";
import type { ServiceSpec } from "../spec/types.ts";
import type { Clock, ExternalContent, FileStore } from "./ports.ts";
import type { SecretControl, SecretKind, SecretRemoved, SecretSet, SecretView } from "./secret-control.ts";
import type { Store } from "./store.ts";

interface SecretOffice {
  readonly store: Store;
  readonly files: FileStore;
  readonly clock: Clock;
}

/** Keeps what `external: true` refers to, and says of it no more than its version. */
export class SecretDesk implements SecretControl {
  readonly #office: SecretOffice;
  /** The event written last is about the content that stays. */
  readonly #turns = new Turns();

  constructor(office: SecretOffice) {
    this.#office = office;
  }

  async list(kind: SecretKind): Promise<readonly SecretView[]> {
    const { files, store } = this.#office;
    const users = await usersOf(store);
    const found: SecretView[] = [];
    for (const name of await files.externals.names(kind)) {
      const content = await this.#look(kind, name);
      if (content !== null) found.push(this.#view(kind, name, content, users));
    }
    return found;
  }

  async set(kind: SecretKind, name: string, bytes: Uint8Array, who: string): Promise<SecretSet> {
    const { files, store } = this.#office;
    // As a rule whatever was to write it has failed, and the next `up` would put nothing in the place of a password.
    if (bytes.length === 0) throw new InstarError("INS2103", `the content for the ${kind} ${name} is empty`);
    return this.#turns.take(kind, async () => {
      const before = await this.#look(kind, name);
      await files.externals.put(kind, name, bytes);
      const view = this.#view(kind, name, await files.externals.read(kind, name), await usersOf(store));
      const changed = before === null || before.executable || files.version(before) !== view.version;
      const same = changed ? "" : ", the same content as before";
      await this.#note(`${kind}.set`, `the ${kind} ${name} was set by ${who}: version ${view.version}${same}`);
      return { ...view, changed };
    });
  }

  async remove(kind: SecretKind, name: string, { force, who }: { force: boolean; who: string }): Promise<SecretRemoved> {
    const { files, store } = this.#office;
    return this.#turns.take(kind, async () => {
      const content = await this.#look(kind, name);
      if (content === null)
        throw new InstarError("INS2100", `there is no ${kind} ${name}`, {
          hint: `instar secret ls${kind === "config" ? " --config" : ""} lists them`,
        });
      const { version, usedBy } = this.#view(kind, name, content, await usersOf(store));
      if (usedBy.length > 0 && !force)
        throw new InstarError(
          "INS2102",
          `the ${kind} ${name} is named by ${usedBy.join(", ")}: without it their next instar up is refused`,
        );
      await files.externals.remove(kind, name);
      const named = usedBy.length === 0 ? "" : `, although ${usedBy.join(", ")} named it`;
      await this.#note(`${kind}.removed`, `the ${kind} ${name} was removed by ${who}: version ${version}${named}`);
      return { removed: name, version, usedBy };
    });
  }

  /** null: there is none, or nothing that could be read as one. */
  async #look(kind: SecretKind, name: string): Promise<ExternalContent | null> {
    try {
      return await this.#office.files.externals.read(kind, name);
    } catch (error) {
      if (error instanceof InstarError && error.code === "INS1031") return null;
      throw error;
    }
  }

  #view(kind: SecretKind, name: string, content: ExternalContent, users: ReadonlyMap<string, readonly string[]>): SecretView {
    const { bytes, changedAt } = content;
    return {
      ...{ name, version: this.#office.files.version(content), bytes: bytes.length, changedAt },
      usedBy: users.get(contentName(kind, name)) ?? [],
    };
  }

  async #note(kind: string, message: string): Promise<void> {
    await this.#office.store.addEvent(this.#office.clock.now(), { kind, message });
  }
}

/** `secret:NAME` → the services that name it as external, for themselves or for their jobs, sorted. */
async function usersOf(store: Store): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, string[]>();
  for (const row of await store.services()) {
    if (row.removed) continue;
    const wanted = await store.revision(row, row.target);
    const names = new Set([row.applied, ...(wanted === null ? [] : [wanted.spec])].flatMap(externalsOf));
    for (const name of names) found.set(name, [...(found.get(name) ?? []), `${row.stack}/${row.service}`].sort());
  }
  return found;
}

const externalsOf = (spec: ServiceSpec): string[] =>
  [spec, ...Object.values(spec.jobs ?? {}).map((job) => job.spec)]
    .flatMap(({ files = [] }) => files)
    .flatMap(({ kind, external }) => (external === null ? [] : [contentName(kind, external)]));
