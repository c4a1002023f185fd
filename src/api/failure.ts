import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CATALOGUE, InstarError } from "../errors.ts";
import type { Failure } from "./models.ts";

/** Every answer that is not a success has the one form, with the catalogue's status. */
export function useFailures(app: FastifyInstance): void {
  app.setErrorHandler(answerFailure);
  app.setNotFoundHandler((request, reply) => {
    const known = new InstarError("INS2011", `there is no ${request.method} ${request.url.split("?")[0]} here`);
    return reply.status(known.row.status).send(failure(known));
  });
}

/** Also for what fastify refuses before it knows the route: an address that is none, or has too long a part. */
export function answerFailure(error: FastifyError | Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = asCatalogued(error, request);
  if (known.code === "INS7007") reply.header("retry-after", "60");
  return reply.status(CATALOGUE[known.code].status).send(failure(known));
}

export function failure(error: InstarError): Failure {
  return { error: error.toJSON() };
}

/** What the caller may know of an error: catalogue errors whole, others only as a number to look up in the log. */
export function asCatalogued(error: FastifyError | Error, request: FastifyRequest): InstarError {
  if (error instanceof InstarError) return error;
  const code = "code" in error ? error.code : undefined;
  const status = "statusCode" in error ? error.statusCode : undefined;
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return tooLarge(request, error);
  if (typeof status === "number" && status >= 400 && status < 500) return new InstarError("INS2001", error.message, { cause: error });
  request.log.error({ err: error, reqId: request.id }, "unforeseen error");
  return new InstarError("INS7005", `unforeseen; the daemon's log has it under request ${request.id}`, { cause: error });
}

/** INS2010 with the limit of the route. */
export const tooLarge = (request: FastifyRequest, cause?: unknown): InstarError =>
  new InstarError("INS2010", `the body is larger than ${request.routeOptions.bodyLimit} bytes`, { cause });
