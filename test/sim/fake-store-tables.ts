/** What a row is in the fake store: as JSON would bring it back, and frozen, so that nobody shares it with who wrote or read it. */
export function kept<T>(value: T): T {
  return copied(value, false) as T;
}

/** Copies of ours, which need no second one: a row that is written again mostly carries its spec along. */
const copies = new WeakSet<object>();

function copied(value: unknown, inArray: boolean): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
      return value;
    case "number":
      return Number.isFinite(value) ? value : null;
    case "object":
      if (value === null || copies.has(value)) return value;
      return copiedObject(value);
    case "bigint":
      throw new TypeError("a bigint is no JSON");
    default:
      return inArray ? null : undefined;
  }
}

function copiedObject(value: object): unknown {
  if ("toJSON" in value && typeof value.toJSON === "function") return copied(value.toJSON(), false);
  const copy = Array.isArray(value) ? value.map((one) => copied(one, true)) : copiedFields(value);
  copies.add(copy);
  return Object.freeze(copy);
}

function copiedFields(value: object): object {
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const one = copied((value as Readonly<Record<string, unknown>>)[key], false);
    if (one !== undefined) copy[key] = one;
  }
  return copy;
}

/** What a transaction that fails takes back, and the disk that takes no more. */
export class Journal {
  /** Throws where nothing can be written. */
  readonly #writable: () => void;
  #restores: Map<object, () => void> | null = null;

  constructor(writable: () => void) {
    this.#writable = writable;
  }

  begin(): void {
    this.#restores = new Map();
  }

  commit(): void {
    this.#restores = null;
  }

  rollback(): void {
    const restores = this.#restores ?? new Map<object, () => void>();
    this.#restores = null;
    for (const restore of restores.values()) restore();
  }

  /** Before each change of `of`. The first one in a transaction keeps what brings back how it was. */
  changes(of: object, restoring: () => () => void): void {
    this.#writable();
    if (this.#restores !== null && !this.#restores.has(of)) this.#restores.set(of, restoring());
  }
}

type Key = readonly (string | number)[];

/** Rows by key, in the order in which their keys first came, or in a given one. */
export class Table<Row> {
  readonly #journal: Journal;
  readonly #by: ((row: Row) => Key) | null;
  #rows = new Map<string, Row>();
  /** In their order; null: to be made anew. */
  #ordered: readonly Row[] | null = null;

  /** @param by the values that rows are ordered by */
  constructor(journal: Journal, by: ((row: Row) => Key) | null = null) {
    this.#journal = journal;
    this.#by = by;
  }

  readonly #restoring = (): (() => void) => {
    const before = new Map(this.#rows);
    return () => {
      this.#rows = before;
      this.#ordered = null;
    };
  };

  #changes(): void {
    this.#journal.changes(this, this.#restoring);
    this.#ordered = null;
  }

  get(...key: Key): Row | null {
    return this.#rows.get(keyOf(key)) ?? null;
  }

  put(row: Row, ...key: Key): void {
    this.#changes();
    this.#rows.set(keyOf(key), kept(row));
  }

  drop(...key: Key): void {
    this.#changes();
    this.#rows.delete(keyOf(key));
  }

  dropWhere(goes: (row: Row) => boolean): void {
    this.#changes();
    for (const [key, row] of this.#rows) if (goes(row)) this.#rows.delete(key);
  }

  where(isAsked: (row: Row) => boolean): Row[] {
    return this.#inOrder().filter(isAsked);
  }

  all(): Row[] {
    return [...this.#inOrder()];
  }

  #inOrder(): readonly Row[] {
    if (this.#ordered !== null) return this.#ordered;
    const [rows, by] = [[...this.#rows.values()], this.#by];
    if (by !== null) rows.sort((a, b) => compared(by(a), by(b)));
    this.#ordered = rows;
    return rows;
  }
}

const keyOf = (key: Key): string => (key.length === 1 ? String(key[0]) : key.join("\0"));

function compared(a: Key, b: Key): number {
  for (const [index, one] of a.entries()) {
    const other = b[index];
    if (other !== undefined && one !== other) return one < other ? -1 : 1;
  }
  return 0;
}

/** Rows in the order in which they were written; none is ever changed. */
export class Log<Row> {
  readonly #journal: Journal;
  #rows: Row[] = [];

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  readonly #restoring = (): (() => void) => {
    const [rows, length] = [this.#rows, this.#rows.length];
    return () => {
      rows.length = length;
      this.#rows = rows;
    };
  };

  get rows(): readonly Row[] {
    return this.#rows;
  }

  /** Raises what the disk raises. */
  add(row: Row): Row {
    this.#journal.changes(this, this.#restoring);
    const copy = kept(row);
    this.#rows.push(copy);
    return copy;
  }

  keep(stays: (row: Row) => boolean): void {
    this.#journal.changes(this, this.#restoring);
    this.#rows = this.#rows.filter(stays);
  }
}
