import { readdir, readFile, readlink } from "node:fs/promises";
import { isIPv6 } from "node:net";

/** A listening TCP socket of this host. */
export interface Listening {
  readonly port: number;
  /** Hexadecimal as in /proc/net/tcp; all zeros is every address. */
  readonly address: string;
  readonly inode: string;
}

const LISTEN = "0A";

/** /proc/net/tcp and tcp6 (proc(5)). */
export async function listeningSockets(): Promise<readonly Listening[]> {
  const tables = await Promise.all(["/proc/net/tcp", "/proc/net/tcp6"].map(text));
  return tables.flatMap(parseListening);
}

export function parseListening(table: string): readonly Listening[] {
  return table
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((cells) => cells[3] === LISTEN)
    .map((cells) => {
      const [address = "", port = ""] = (cells[1] ?? "").split(":");
      return { port: Number.parseInt(port, 16), address, inode: cells[9] ?? "" };
    });
}

/** `0100007F` → `127.0.0.1`: words of four bytes, each turned round. An IPv4 address within an IPv6 socket is told as IPv4. */
export function addressIn(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => [...Buffer.from(word, "hex")].reverse());
  const isMapped = bytes.length === 16 && bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (bytes.length === 4 || isMapped) return bytes.slice(-4).join(".");
  return shortest((Buffer.from(bytes).toString("hex").match(/.{4}/g) ?? []).join(":"));
}

/** `fd00:0:0::5` → `fd00::5`: one spelling of an address. */
export const shortest = (address: string): string => (isIPv6(address) ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address);

/** Who holds a socket. */
export interface Owner {
  /** `nginx (pid 4711)`, or words to that effect when /proc does not tell (another user's process, no root). */
  readonly name: string;
  /** What it runs in: a container's id is part of it. */
  readonly cgroup: string;
}

export async function ownerOf(inode: string): Promise<Owner> {
  const wanted = `socket:[${inode}]`;
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    if (await holds(pid, wanted)) {
      const name = (await text(`/proc/${pid}/comm`)).trim() || "a process";
      return { name: `${name} (pid ${pid})`, cgroup: await text(`/proc/${pid}/cgroup`) };
    }
  }
  return { name: "another process", cgroup: "" };
}

async function holds(pid: string, wanted: string): Promise<boolean> {
  const directory = `/proc/${pid}/fd`;
  const links = await listed(directory);
  const targets = await Promise.all(links.map((link) => target(`${directory}/${link}`)));
  return targets.includes(wanted);
}

const GONE = new Set(["ENOENT", "EACCES", "EPERM", "ESRCH"]);

async function text(path: string): Promise<string> {
  return orElse(readFile(path, "utf8"), "");
}

async function listed(path: string): Promise<readonly string[]> {
  return orElse(readdir(path), []);
}

async function target(path: string): Promise<string> {
  return orElse(readlink(path), "");
}

/** Processes come and go while /proc is read, and not all of it is ours to read. */
async function orElse<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (GONE.has((cause as NodeJS.ErrnoException).code ?? "")) return otherwise;
    throw cause;
  }
}
