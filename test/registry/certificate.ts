import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A fresh key and a certificate signed with it, for 0.0.0.0, by openssl. */
export function certificate(name: string): { readonly key: string; readonly cert: string } {
  const folder = mkdtempSync(join(tmpdir(), "instar-cert-"));
  const file = (one: string): string => join(folder, one);
  const words = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1"];
  execFileSync(
    "openssl",
    [...words, "-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:0.0.0.0", "-keyout", file("key"), "-out", file("cert")],
    { stdio: "ignore" },
  );
  const made = { key: readFileSync(file("key"), "utf8"), cert: readFileSync(file("cert"), "utf8") };
  rmSync(folder, { recursive: true });
  return made;
}
