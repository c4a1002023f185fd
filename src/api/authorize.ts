import type { FastifyReply, FastifyRequest } from "fastify";
import { InstarError } from "../errors.ts";
import type { Control, ServiceKey } from "../reconcile/control.ts";
import type { Access } from "./access.ts";
import { forEyesOf } from "./discreet.ts";
import type { Guard } from "./guard.ts";
import { claimedName } from "./guard.ts";
import { admin, type Holder, isAtLeast, reaches, reachesStack } from "./holder.ts";
import type { App } from "./types.ts";

/** A route as it was declared. */
export interface Declared {
  readonly method: string;
  readonly url: string;
  readonly operation: string | null;
  readonly access: Access;
}

/**
 * Who asks, and whether that may be asked: the one place where it is decided. A route that declares no access cannot be added, and would
 * be refused. Without a guard whoever reaches it is admin. Raises INS7009, and what the guard raises.
 */
export function useAccess(app: App, guard: Guard | null, control: Control): void {
  const declared: Declared[] = [];
  app.decorate("declared", declared);
  app.decorateRequest("who", "");
  app.decorateRequest("holder");
  app.addHook("onRoute", ({ method, url, config, schema }) => {
    const access = config?.access;
    if (access === undefined) throw new Error(`${method} ${url} does not declare who may ask it`);
    const operation = (schema as { readonly operationId?: string } | undefined)?.operationId ?? null;
    for (const one of [method].flat()) declared.push({ method: one, url, operation, access });
  });
  // Before a body is read.
  app.addHook("onRequest", async (request, reply) => {
    if (guard !== null && wantsLogin(guard, request)) return reply.redirect("/login");
    request.holder = guard === null ? admin(claimedName(request) ?? "socket") : await guard.admit(request, reply);
    request.who = request.holder.who;
    if (!request.is404) checkRole(request.holder, request.routeOptions.config.access);
  });
  // Once path, query and body have their form, and are what the route will see.
  app.addHook("preHandler", async (request) => {
    const { access } = request.routeOptions.config;
    if (!request.is404 && access?.kind === "role") await checkScope(request, access, control);
  });
  app.addHook("preSerialization", async (request, reply: FastifyReply, payload: unknown) => {
    const { access } = request.routeOptions.config;
    // A failure has no rows, and perhaps nobody was let in.
    if (reply.statusCode >= 400) return payload;
    if (access?.kind !== "role") return payload;
    return forEyesOf(request.holder, access.of === "rows" ? rowsFor(request.holder, payload) : payload);
  });
}

export function checkRole(holder: Holder, access: Access | undefined): void {
  if (access === undefined) throw refused(holder, "nobody said who may ask that");
  if (access.kind !== "role") return;
  if (!isAtLeast(holder, access.role)) throw refused(holder, `it has the role ${holder.role}, and that needs ${access.role}`);
  if (access.of === "everything" && holder.scope !== null) throw refused(holder, "that is about everything, and the token has a scope");
}

async function checkScope(request: FastifyRequest, access: Access & { readonly kind: "role" }, control: Control): Promise<void> {
  const { holder } = request;
  const beyond = access.beyond?.(request.body as never) ?? {};
  if (beyond.role !== undefined && !isAtLeast(holder, beyond.role))
    throw refused(holder, `it has the role ${holder.role}, and that needs ${beyond.role}`);
  if (holder.scope === null) return;
  if (beyond.reads !== undefined) checkReach(holder, beyond.reads);
  if (access.of === "service") checkReach(holder, request.params as ServiceKey);
  if (access.of === "asked") checkAsked(holder, request.query as Partial<ServiceKey>);
  if (access.of === "deployment") await checkDeployment(holder, (request.params as { readonly id: string }).id, access, control);
}

function checkReach(holder: Holder, { stack, service }: ServiceKey): void {
  if (!reaches(holder, { stack, service })) throw refused(holder, `${stack}/${service} is not in its scope`);
}

function checkAsked(holder: Holder, { stack, service }: Partial<ServiceKey>): void {
  if (stack !== undefined && (service === undefined ? reachesStack(holder, stack) : reaches(holder, { stack, service }))) return;
  throw refused(holder, "that is not in its scope", `name what the token reaches: ${holder.scope?.join(", ")}`);
}

/** One that is not there gets the same answer: numbers of others say nothing. */
async function checkDeployment(holder: Holder, id: string, { moves }: Access & { readonly kind: "role" }, control: Control): Promise<void> {
  const found = await control.deployment(id).catch((error: unknown) => {
    if (error instanceof InstarError && error.code === "INS2005") return null;
    throw error;
  });
  if (found === null || !reaches(holder, found)) throw refused(holder, `${id} is of no service in its scope`);
  if (moves === true && found.group !== undefined && !reachesStack(holder, found.stack))
    throw refused(holder, `${id} moves other services with it (${found.group}), and ${found.stack} as a whole is not in its scope`);
}

/** Without the rows of services that the holder does not reach; what is of no service or stack is of none that it does. */
function rowsFor(holder: Holder, payload: unknown): unknown {
  if (holder.scope === null || typeof payload !== "object" || payload === null) return payload;
  const kept = Object.entries(payload).map(([key, value]: [string, unknown]) => [
    key,
    Array.isArray(value) ? value.filter((row: Row) => sees(holder, row)) : value,
  ]);
  return Object.fromEntries(kept);
}

interface Row {
  readonly stack?: string | null;
  readonly service?: string | null;
  /** Of a stack itself. */
  readonly name?: string;
}

/** Whether a row of an answer, or an event, is the holder's to see. */
export function sees(holder: Holder, row: Row): boolean {
  if (holder.scope === null) return true;
  const stack = "stack" in row ? row.stack : row.name;
  if (stack == null) return false;
  return row.service == null ? reachesStack(holder, stack) : reaches(holder, { stack, service: row.service });
}

const refused = ({ token }: Holder, why: string, hint?: string): InstarError =>
  new InstarError("INS7009", `the token ${token ?? ""} does not reach that: ${why}`, hint === undefined ? {} : { hint });

/** The page itself asks for the token with a form; everything else with an error. */
const wantsLogin = (guard: Guard, request: FastifyRequest): boolean =>
  request.method === "GET" && request.url === "/" && guard.hostAllowed(request) && !guard.sessions.valid(request.headers.cookie);
