import { createHash } from "node:crypto";
import type { Exchange } from "./request.ts";

/** The package that the n-th request publishes. */
export const packageName = (n: number): string => `package-${n}`;

/** 200 to 1,700 bytes, different for every package; a registry does not look into it. */
export const tarballOf = (n: number): Buffer =>
  Buffer.from(`${n}:`.padEnd(200 + ((n * 37) % 1500), createHash("sha256").update(String(n)).digest("hex")));

const VERSION = "1.0.0";
const fileOf = (n: number): string => `${packageName(n)}-${VERSION}.tgz`;

/** What `npm publish` sends (libnpmpublish: the package's document with the tarball as a base64 attachment). */
function publication(n: number): string {
  const tarball = tarballOf(n);
  const name = packageName(n);
  const dist = {
    shasum: createHash("sha1").update(tarball).digest("hex"),
    integrity: `sha512-${createHash("sha512").update(tarball).digest("base64")}`,
    tarball: `http://127.0.0.1/${name}/-/${fileOf(n)}`,
  };
  return JSON.stringify({
    ...{ _id: name, name, description: `the package ${n}`, "dist-tags": { latest: VERSION } },
    versions: { [VERSION]: { name, version: VERSION, _id: `${name}@${VERSION}`, dist } },
    access: null,
    _attachments: {
      [fileOf(n)]: { content_type: "application/octet-stream", data: tarball.toString("base64"), length: tarball.length },
    },
  });
}

/**
 * A client of a registry of packages: every tenth request publishes a package of its own, the others read the document or the
 * tarball of one that the registry has acknowledged. Half on new connections.
 */
export class Packages {
  private readonly published: number[] = [];

  exchange(n: number): Exchange {
    // A tenth of each kind of connection.
    const connection = Math.floor(n / 10) % 2 === n % 2 ? "new" : "kept";
    const how = { connection, slow: false, headers: { "content-type": "application/json" } } as const;
    if (n % 10 === 0) {
      const judge = (): { error: null } => {
        this.published.push(n);
        return { error: null };
      };
      return { ...how, method: "PUT", path: `/${packageName(n)}`, body: publication(n), judge };
    }
    const of = this.published[(n * 7919) % Math.max(1, this.published.length)];
    if (of === undefined) return { ...how, method: "GET", path: "/-/ping", body: null, judge: () => ({ error: null }) };
    return { ...how, method: "GET", body: null, ...reading(of, n % 2 === 0 ? "document" : "tarball") };
  }
}

/** How one package is read, and what is wrong with the answer. */
export function reading(n: number, what: "document" | "tarball"): Pick<Exchange, "path" | "judge"> {
  const name = packageName(n);
  if (what === "tarball") {
    const judge = (text: string): { error: string | null } => ({
      error: text === tarballOf(n).toString("utf8") ? null : `the tarball of ${name} is another one`,
    });
    return { path: `/${name}/-/${fileOf(n)}`, judge };
  }
  const judge = (text: string): { error: string | null } => {
    const { versions } = JSON.parse(text) as { versions?: Record<string, { name?: string }> };
    return { error: versions?.[VERSION]?.name === name ? null : `the document of ${name} lacks its version` };
  };
  return { path: `/${name}`, judge };
}
