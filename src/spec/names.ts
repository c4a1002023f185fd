import { isIP } from "node:net";
import { parseReference } from "../lib/reference.ts";
import { fail } from "./node.ts";
import type { DomainSpec, Position } from "./types.ts";

/** What may stand in router configuration, paths and engine names: positive lists, so that nothing else can get through. */

type Where = { readonly path: string; readonly at: Position };

const STACK = /^[a-z0-9][a-z0-9_-]{0,62}$/;
const SERVICE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
const OBJECT = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,254}$/;
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const PATH = /^\/[A-Za-z0-9._~@:+/-]*$/;
const PROBE_PATH = /^\/[A-Za-z0-9._~@:+/?&=,;!*-]*$/;
const HOSTNAME = /^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]*\$?(:[A-Za-z0-9_][A-Za-z0-9_.-]*\$?)?$/;
const IMAGE_ID = /^sha256:[0-9a-f]{64}$/;

export const isStackName = (name: string): boolean => STACK.test(name);
/** The words every object answers to (`constructor`) would be found where nothing was declared. */
export const isServiceName = (name: string): boolean => SERVICE.test(name) && !(name in Object.prototype);
export const isObjectName = (name: string): boolean => OBJECT.test(name) && !(name in Object.prototype);
export const isPathPrefix = (path: string): boolean =>
  path.length <= 512 && PATH.test(path) && !path.includes("//") && !path.split("/").some((part) => part === "." || part === "..");
export const isProbePath = (path: string): boolean => path.length <= 512 && PROBE_PATH.test(path);
export const isImage = (reference: string): boolean =>
  reference.length <= 512 && (parseReference(reference) !== null || IMAGE_ID.test(reference));
export const isHostname = (name: string): boolean => HOSTNAME.test(name);
export const isUser = (user: string): boolean => user.length <= 128 && USER.test(user);
export const isAddress = (address: string): boolean => isIP(address) !== 0;
/** Absolute, and without characters that would break a line or a mount option. */
export const isTarget = (path: string): boolean => /^\/[^\p{Cc}:,\\"]*$/u.test(path) && path.length <= 4096;
export const isHostPath = (path: string): boolean => /^\/[^\p{Cc}:]*$/u.test(path) && path.length <= 4096;

/** Lower-case host name of 1 to 253 characters; `*.` may lead. The last label is not a number, so that it is no address. */
export function isHost(host: string): boolean {
  const bare = host.startsWith("*.") ? host.slice(2) : host;
  const labels = bare.split(".");
  return host.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? "");
}

export function stackName(name: string, where: Where): string {
  return isStackName(name)
    ? name
    : fail(
        "INS1007",
        where,
        `${show(name)} cannot be the name of a stack`,
        "use lower-case letters, digits, - and _, beginning with a letter or digit, at most 63",
      );
}

export function serviceName(name: string, where: Where): string {
  return isServiceName(name)
    ? name
    : fail(
        "INS1007",
        where,
        `${show(name)} cannot be the name of a service`,
        "use letters, digits, -, _ and ., beginning with a letter or digit, at most 63",
      );
}

/** Volumes, networks and aliases. */
export function objectName(name: string, what: string, where: Where): string {
  return isObjectName(name)
    ? name
    : fail(
        "INS1007",
        where,
        `${show(name)} cannot be the name of a ${what}`,
        "use letters, digits, -, _ and ., beginning with a letter or digit",
      );
}

/** `shop.example`, `*.shop.example`, `shop.example/api`. Raises INS1014. */
export function domain(text: string, where: Where): DomainSpec {
  const slash = text.indexOf("/");
  const host = (slash < 0 ? text : text.slice(0, slash)).toLowerCase();
  const path = slash < 0 || text.slice(slash) === "/" ? null : text.slice(slash);
  if (/[^\p{ASCII}]/u.test(host)) return fail("INS1014", where, `${show(host)} has letters outside ASCII`, "write it in punycode (xn--…)");
  if (/^[a-z][a-z0-9+.-]*:/.test(text) || /:\d+$/.test(host))
    return fail("INS1014", where, `${show(text)} has a scheme or a port`, "write the host name and, if wanted, a path: shop.example/api");
  if (!isHost(host))
    return fail(
      "INS1014",
      where,
      `${show(host)} is not a host name`,
      "write it like shop.example or *.shop.example; a wildcard stands first and alone in its label",
    );
  if (path !== null && !isPathPrefix(path))
    return fail("INS1014", where, `${show(path)} is not a plain path`, "use letters, digits and - . _ ~ @ : + between slashes");
  return { host, path: path === null ? null : path.replace(/\/$/, "") };
}

export const show = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 77)}…` : text);
