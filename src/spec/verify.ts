import { createPublicKey, type KeyObject } from "node:crypto";
import { InstarError } from "../errors.ts";
import { asMap } from "./deploy.ts";
import { show } from "./names.ts";
import { child, fail, type MapNode, type Node } from "./node.ts";
import { hostPath } from "./paths.ts";
import type { Scene } from "./scene.ts";
import type { ServiceSpec, VerifySpec } from "./types.ts";
import { mapping, text } from "./values.ts";

const PEM = "-----BEGIN";
const LEAST_RSA_BITS = 2048;
const OFF = new Set(["off", "false", "no"]);

/**
 * `x-instar.verify` of a service, else the stack's: `{ cosign: keys/release.pub }`, the path of a public key from the file's
 * folder (or the PEM itself), which is part of the spec. A service says `off` to be without. Raises INS1004, INS1040, INS1041.
 */
export function withVerify(
  scene: Scene,
  root: MapNode,
  all: MapNode,
  services: Readonly<Record<string, ServiceSpec>>,
): Readonly<Record<string, ServiceSpec>> {
  const ofStack = verifyOf(scene, asMap(root, "x-instar"));
  return Object.fromEntries(
    Object.entries(services).map(([name, spec]) => {
      const service = all.entries.get(name)?.value;
      const own = service?.kind === "map" ? verifyOf(scene, asMap(service, "x-instar")) : undefined;
      const verify = own === undefined ? (ofStack ?? null) : own;
      return [name, verify === null ? spec : { ...spec, verify }];
    }),
  );
}

/** Undefined: it does not say; null: it says no. */
function verifyOf(scene: Scene, map: MapNode | null): VerifySpec | null | undefined {
  const node = map === null ? null : child(map, "verify");
  if (node === null) return undefined;
  if (node.kind === "scalar")
    return OFF.has(text(node).toLowerCase())
      ? null
      : fail("INS1004", node, `${show(text(node))} is no way to verify`, "write verify: { cosign: keys/release.pub }, or verify: off");
  const cosign = child(mapping(node), "cosign") ?? fail("INS1004", node, "names no key", "write verify: { cosign: keys/release.pub }");
  return { cosign: readKey(scene, cosign) };
}

/** The key in one form, so that how its file is written makes no revision. */
function readKey(scene: Scene, node: Node): string {
  const written = text(node);
  const pem = written.trimStart().startsWith(PEM) ? written : contentOf(scene, hostPath(scene, written, node), node);
  try {
    return String(publicKey(pem).export({ type: "spki", format: "pem" }));
  } catch (error) {
    if (error instanceof InstarError) return fail("INS1041", node, error.message);
    throw error;
  }
}

function contentOf(scene: Scene, path: string, node: Node): string {
  try {
    return scene.readFile(path) ?? fail("INS1040", node, `${path} does not exist`);
  } catch (error) {
    if (error instanceof InstarError && error.code === "INS1001") return fail("INS1040", node, error.message);
    throw error;
  }
}

/** A key that signatures can be checked with: ECDSA on P-256, Ed25519, RSA from 2048 bits. Raises INS1041. */
export function publicKey(pem: string): KeyObject {
  if (!/^-----BEGIN (RSA )?PUBLIC KEY-----/.test(pem.trimStart()))
    throw new InstarError(
      "INS1041",
      pem.includes("PRIVATE KEY") ? "this is a private key: keep it to yourself" : "this is no PEM of a public key",
    );
  const key = parsed(pem);
  const { namedCurve, modulusLength = 0 } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === "ed25519") return key;
  if (key.asymmetricKeyType === "ec" && namedCurve === "prime256v1") return key;
  if (key.asymmetricKeyType === "rsa" && modulusLength >= LEAST_RSA_BITS) return key;
  const kind = `${key.asymmetricKeyType ?? "unknown"}${namedCurve === undefined ? "" : ` on ${namedCurve}`}${modulusLength === 0 ? "" : ` of ${modulusLength} bits`}`;
  throw new InstarError("INS1041", `a key of the kind ${kind} is not taken`);
}

function parsed(pem: string): KeyObject {
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw new InstarError("INS1041", `the key cannot be read: ${(cause as Error).message}`, { cause });
  }
}
