import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The installation's own key (ed25519): what it signs, it has said. */
export interface Signer {
  /** base64 over the UTF-8 bytes of the text. */
  sign(text: string): string;
  /** Signed by this key? */
  signed(text: string, signature: string): boolean;
  /** PEM, SPKI. */
  readonly publicKey: string;
}

export const KEY_FILE = "signing.key";

/** The key in this home, made at first use; readable by its owner only (0600). */
export function signerIn(home: string): Signer {
  const path = join(home, KEY_FILE);
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync("ed25519");
    writeFileSync(`${path}.new`, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flush: true });
    renameSync(`${path}.new`, path);
  }
  const key = createPrivateKey(readFileSync(path));
  const open = createPublicKey(key);
  return {
    sign: (text) => sign(null, Buffer.from(text), key).toString("base64"),
    signed: (text, signature) => isSigned(text, signature, open),
    publicKey: open.export({ type: "spki", format: "pem" }).toString(),
  };
}

/** Of this public key? False for anything that is no signature or no key. */
export function isSigned(text: string, signature: string, publicKey: string | KeyObject): boolean {
  try {
    return verify(null, Buffer.from(text), publicKey, Buffer.from(signature, "base64"));
  } catch {
    return false;
  }
}
