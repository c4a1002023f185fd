const BLOCK = 512;
/** A longer pax header is none that a file system's names and attributes could need. */
const LONGEST_HEADER = 16 * 1024 * 1024;
const CHECKSUM = { at: 148, length: 8 };
/** Describe the entry that follows: pax headers, GNU long names. */
const DESCRIBING = new Set(["x", "g", "L", "K"]);

/** Reads along a tar (POSIX.1-2017 pax, ustar, GNU), piece by piece, and counts its entries. */
export class TarCount {
  entries = 0;
  bytes = 0;
  /** What is wrong with it, in words; null while nothing is. */
  fault: string | null = null;
  #header = Buffer.alloc(0);
  /** Bytes of content and padding until the next header. */
  #skip = 0;
  /** Content that is read rather than passed over: a pax header, which may hold the next entry's size. */
  #pax: { readonly parts: Buffer[]; left: number; readonly global: boolean } | null = null;
  #nextSize: number | null = null;
  #zeros = 0;

  add(piece: Buffer): void {
    this.bytes += piece.length;
    let at = 0;
    while (at < piece.length && this.fault === null) {
      if (this.#skip > 0) {
        const passed = Math.min(this.#skip, piece.length - at);
        this.#collect(piece.subarray(at, at + passed));
        this.#skip -= passed;
        at += passed;
        continue;
      }
      const wanted = BLOCK - this.#header.length;
      this.#header = Buffer.concat([this.#header, piece.subarray(at, at + wanted)]);
      at += wanted;
      if (this.#header.length === BLOCK) this.#read(this.#header);
    }
  }

  /** Call it once everything was added: null for a whole tar, else what is wrong with it. */
  end(): string | null {
    if (this.fault !== null) return this.fault;
    if (this.bytes === 0) return "it is empty";
    return this.#zeros >= 2 && this.#skip === 0 && this.#header.length === 0 ? null : "it ends too early";
  }

  #read(header: Buffer): void {
    this.#header = Buffer.alloc(0);
    if (header.every((byte) => byte === 0)) {
      this.#zeros += 1;
      return;
    }
    // What follows the end is padding, whatever it holds.
    if (this.#zeros >= 2) return;
    if (!sound(header)) {
      this.fault = "it is not a tar";
      return;
    }
    const type = String.fromCharCode(header[156] ?? 0);
    const ownSize = numberIn(header.subarray(124, 136));
    const describing = DESCRIBING.has(type);
    const size = describing ? ownSize : (this.#nextSize ?? ownSize);
    if (!describing) {
      this.entries += 1;
      this.#nextSize = null;
    } else if (size > LONGEST_HEADER) {
      this.fault = "it is not a tar";
      return;
    }
    // A hard link (1), device, folder or pipe has no content, whatever its size says.
    this.#skip = /[1-6]/.test(type) ? 0 : Math.ceil(size / BLOCK) * BLOCK;
    if (type === "x" || type === "g") this.#pax = { parts: [], left: size, global: type === "g" };
  }

  #collect(piece: Buffer): void {
    const pax = this.#pax;
    if (pax === null) return;
    const part = piece.subarray(0, pax.left);
    pax.parts.push(part);
    pax.left -= part.length;
    if (pax.left > 0) return;
    this.#pax = null;
    const size = pax.global ? null : paxSize(Buffer.concat(pax.parts));
    if (size !== null) this.#nextSize = size;
  }
}

/** Octal text, or base 256 where the first bit is set (GNU, for more than 8 GiB). */
const numberIn = (field: Buffer): number => {
  if (((field[0] ?? 0) & 0x80) === 0) return Number.parseInt(field.toString("latin1").replace(/[\0 ].*$/s, "") || "0", 8);
  return field.subarray(1).reduce((sum, byte) => sum * 256 + byte, (field[0] ?? 0) & 0x7f);
};

const sound = (header: Buffer): boolean => {
  const { at, length } = CHECKSUM;
  const stated = Number.parseInt(header.toString("latin1", at, at + length).trim(), 8);
  const sum = header.reduce((total, byte, index) => total + (index >= at && index < at + length ? 32 : byte), 0);
  return stated === sum;
};

/** `30 mtime=1350244992.023960108\n…`: the length counts the whole record, itself included. */
const paxSize = (records: Buffer): number | null => {
  let size: number | null = null;
  for (let at = 0; at < records.length; ) {
    const space = records.indexOf(32, at);
    const length = Number(records.toString("latin1", at, space));
    if (space < 0 || !Number.isInteger(length) || length <= space - at) return size;
    const record = records.toString("latin1", space + 1, at + length - 1);
    if (record.startsWith("size=")) size = Number(record.slice("size=".length));
    at += length;
  }
  return size;
};
