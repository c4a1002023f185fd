import { existsSync, readdirSync, readFileSync } from "node:fs";
import { isIPv4 } from "node:net";
import { join } from "node:path";
import type { RegistrySettings } from "../reconcile/registry-port.ts";

/** The Hub's API is not at its name (Docker's own constant). */
const HUB = "registry-1.docker.io";

/** One address under which a repository may be asked for. */
export interface Endpoint {
  /** `https://registry-1.docker.io`, without a slash at the end. */
  readonly base: string;
  readonly insecure: boolean;
  /** Its login is the registry's; a mirror has its own. */
  readonly login: string;
}

/** In the order in which they are asked: mirrors of the Hub, then the registry itself. */
export function endpointsOf(domain: string, settings: RegistrySettings): Endpoint[] {
  if (domain !== "docker.io") return [{ base: `https://${domain}`, insecure: isInsecure(domain, settings), login: domain }];
  const mirrors = settings.mirrors.filter((mirror) => URL.canParse(mirror)).map((mirror) => new URL(mirror));
  return [
    ...mirrors.map((url) => ({
      base: `${url.protocol}//${url.host}${url.pathname.replace(/\/$/, "")}`,
      insecure: isInsecure(url.host, settings),
      login: url.host,
    })),
    { base: `https://${HUB}`, insecure: false, login: "docker.io" },
  ];
}

/** This machine, or declared so at the engine (`insecure-registries`): by host, by host and port, or by block of addresses. */
export function isInsecure(host: string, { insecure }: RegistrySettings): boolean {
  const name = host.replace(/:\d+$/, "").replace(/^\[|\]$/g, "");
  if (name === "localhost" || name === "::1" || /^127\.\d+\.\d+\.\d+$/.test(name)) return true;
  return insecure.some((entry) => entry === host || entry === name || (entry.includes("/") && isIPv4(name) && inBlock(name, entry)));
}

function inBlock(address: string, block: string): boolean {
  const [network = "", bits = "32"] = block.split("/");
  if (!isIPv4(network)) return false;
  const number = (text: string): number => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(bits));
  return Math.floor(number(address) / size) === Math.floor(number(network) / size);
}

/** `HOST/*.crt` as Docker trusts them (docs.docker.com, "Verify repository client with certificates"); null without any. */
export function trustedFor(host: string, folder = "/etc/docker/certs.d"): string | null {
  // A host's name is part of a path here.
  if (!/^[\w.:[\]-]+$/.test(host)) return null;
  const own = join(folder, host);
  if (!existsSync(own)) return null;
  const files = readdirSync(own).filter((name) => name.endsWith(".crt"));
  return files.length === 0 ? null : files.map((name) => readFileSync(join(own, name), "utf8")).join("\n");
}
