import { type ErrorCode, InstarError } from "../errors.ts";
import { isMaxAge } from "./aging.ts";
import { claimsOf, firstClash, overshared, refusalOf } from "./clash.ts";
import { contextFault } from "./context.ts";
import { findCircle } from "./dependencies.ts";
import { domainsInTcp, isDomainWeight } from "./domains.ts";
import { freezeProblem } from "./freeze.ts";

import { isHookUrl } from "./hooks.ts";
import {
  isHost,
  isHostname,
  isHostPath,
  isImage,
  isObjectName,
  isPathPrefix,
  isProbePath,
  isServiceName,
  isStackName,
  isTarget,
  isUser,
  show,
} from "./names.ts";
import { isHostIp } from "./ports.ts";
import { isToken } from "./sides.ts";
import { type ServiceSpec, type SidesSpec, SPEC_VERSION, type StackSpec } from "./types.ts";
import { MAX_TIMER_MS } from "./values.ts";
import { publicKey } from "./verify.ts";

/**
 * What a stack that came over the wire must fulfil besides its shape: the daemon trusts no client. The same rules as for files,
 * without positions. Raises INS1004, INS1007, INS1008, INS1009, INS1010, INS1014, INS1034, INS1035, INS1190, INS1191, INS1195.
 */
export function checkStack(stack: StackSpec): void {
  if (stack.specVersion !== SPEC_VERSION) refuse("INS1004", "specVersion", `${stack.specVersion} is not known here, only ${SPEC_VERSION}`);
  must(isStackName(stack.name), "INS1007", "name", stack.name);
  for (const [key, { name }] of Object.entries(stack.networks))
    must(isObjectName(key) && isObjectName(name), "INS1007", `networks.${key}`, name);
  for (const [key, { name, freeze }] of Object.entries(stack.volumes)) {
    must(isObjectName(key) && isObjectName(name), "INS1007", `volumes.${key}`, name);
    const problem = freeze === undefined ? null : freezeProblem(freeze);
    if (problem !== null) refuse("INS1004", `volumes.${key}.freeze`, problem);
  }
  for (const [name, service] of Object.entries(stack.services)) checkService(stack, name, service);
  const fault = contextFault(stack.services);
  if (fault !== null) refuse(fault.code, `services.${[fault.service, "context", ...fault.at].join(".")}`, fault.message);
  const claims = Object.entries(stack.services).flatMap(([name, service]) => claimsOf(name, service));
  const clash = firstClash(claims);
  if (clash !== null)
    refuse(
      refusalOf(clash).code,
      `services.${clash[1].service}`,
      `the ${clash[1].kind} ${clash[1].key} is already claimed by ${clash[0].service}`,
    );
  const crowded = overshared(claims);
  if (crowded !== null) refuse("INS1191", `services.${crowded.service}.domains`, crowded.key);
  const circle = findCircle(stack.services);
  if (circle !== null) refuse("INS1010", "services", circle.join(" → "));
}

function checkService(stack: StackSpec, name: string, service: ServiceSpec): void {
  const at = `services.${name}`;
  must(isServiceName(name), "INS1007", "services", name);
  must(isImage(service.image), "INS1004", `${at}.image`, service.image);
  if (service.user !== null) must(isUser(service.user), "INS1004", `${at}.user`, service.user);
  if (service.workingDir !== null) must(isTarget(service.workingDir), "INS1004", `${at}.workingDir`, service.workingDir);
  if (service.hostname !== null) must(isHostname(service.hostname), "INS1004", `${at}.hostname`, service.hostname);
  for (const key of Object.keys(service.environment))
    must(/^[^=\0\n]+$/.test(key) && key !== "__proto__", "INS1004", `${at}.environment`, key);
  for (const key of Object.keys(service.labels)) must(!/^(dev\.instar|com\.docker\.compose)\./.test(key), "INS1004", `${at}.labels`, key);
  for (const mount of service.mounts) {
    must(isTarget(mount.target), "INS1004", `${at}.mounts`, mount.target);
    if (mount.kind === "bind") must(isHostPath(mount.source ?? ""), "INS1004", `${at}.mounts`, mount.source ?? "");
    else if (mount.source !== null) must(Object.hasOwn(stack.volumes, mount.source), "INS1008", `${at}.mounts`, mount.source);
  }
  for (const { target } of service.tmpfs) must(isTarget(target), "INS1004", `${at}.tmpfs`, target);
  for (const { key, external, target } of service.files ?? []) {
    must(isTarget(target) && !target.split("/").includes(".."), "INS1004", `${at}.files`, target);
    must(isObjectName(key) && (external === null || isObjectName(external)), "INS1007", `${at}.files`, external ?? key);
  }
  for (const [key, { aliases }] of Object.entries(service.networks)) {
    must(Object.hasOwn(stack.networks, key), "INS1008", `${at}.networks`, key);
    for (const alias of aliases) must(isObjectName(alias), "INS1007", `${at}.networks.${key}`, alias);
  }
  for (const [key, { required }] of Object.entries(service.dependsOn))
    must(!required || Object.hasOwn(stack.services, key), "INS1008", `${at}.dependsOn`, key);
  if (service.maxAgeMs !== undefined) must(isMaxAge(service.maxAgeMs), "INS1035", `${at}.maxAgeMs`, `${service.maxAgeMs} ms`);

  if (service.verify !== undefined) checkKey(at, service.verify.cosign);
  checkRouting(at, name, service);
  for (const [kind, hook] of Object.entries(service.hooks ?? {}))
    if (!isHookUrl(hook.url)) refuse("INS1047", `${at}.hooks.${kind}`, "this is no http or https URL");
  for (const [moment, job] of Object.entries(service.jobs ?? {})) {
    const place = `${at}.jobs.${moment}`;
    checkService(stack, job.service, job.spec);
    if (job.spec.ports.length > 0 || job.spec.domains.length > 0 || job.spec.replicas !== 1)
      refuse("INS1046", place, "a job has no ports, domains or replicas");
    if (job.spec.context !== undefined) refuse("INS1046", place, "a job has no context");
    if (job.image === "own" && job.spec.build !== null) refuse("INS1046", place, "a job is not built by itself");
  }
}

function checkKey(at: string, pem: string): void {
  try {
    publicKey(pem);
  } catch (error) {
    if (error instanceof InstarError) refuse("INS1041", `${at}.verify.cosign`, error.message);
    throw error;
  }
}

function checkRouting(at: string, name: string, service: ServiceSpec): void {
  const routed = service.domains.length > 0 || service.ports.some(({ mode }) => mode === "ingress");
  must(!routed || name === name.toLowerCase(), "INS1007", "services", name);
  for (const { hostIp } of service.ports) if (hostIp !== null) must(isHostIp(hostIp), "INS1014", `${at}.ports`, hostIp);
  for (const { host, path, weight } of service.domains) {
    must(isHost(host), "INS1014", `${at}.domains`, host);
    if (path !== null) must(isPathPrefix(path), "INS1014", `${at}.domains`, path);
    if (weight !== undefined) must(isDomainWeight(weight), "INS1004", `${at}.domains`, String(weight));
  }
  if (service.sides !== undefined) checkSides(at, service.sides, service);
  if (service.sticky !== undefined) must(isToken(service.sticky.cookie), "INS1014", `${at}.sticky`, service.sticky.cookie);
  if (service.domains.length > 0 && service.domainPort === null) refuse("INS1004", `${at}.domainPort`, "domains need a port");
  if (domainsInTcp(service) !== null) refuse("INS1004", `${at}.domains`, `they lead to port ${service.domainPort}, which is plain tcp`);
  if (service.ready?.kind === "http") must(isProbePath(service.ready.path), "INS1014", `${at}.ready`, service.ready.path);
  for (const ms of [service.drainMs, service.holdMs, service.timeoutMs])
    if (ms !== null && ms > MAX_TIMER_MS) refuse("INS1004", at, `${ms} ms is longer than the router can wait`);
}

function checkSides(at: string, { preview, steps, header, cookie }: SidesSpec, { balance }: ServiceSpec): void {
  if (balance === "leastconn") refuse("INS1043", `${at}.balance`, "under leastconn the shares would not be kept");
  if (preview !== null) must(isHost(preview) && !preview.startsWith("*."), "INS1014", `${at}.sides`, preview);
  for (const name of [header, cookie]) if (name !== null) must(isToken(name), "INS1014", `${at}.sides`, name);
  must(
    steps.every((share, index) => share > (steps[index - 1] ?? 0)),
    "INS1004",
    `${at}.sides`,
    steps.join(", "),
  );
}

function must(fine: boolean, code: ErrorCode, path: string, value: string): void {
  if (!fine) refuse(code, path, `${show(value)} cannot be used`);
}

function refuse(code: ErrorCode, path: string, message: string): never {
  throw new InstarError(code, `${path}: ${message}`);
}
