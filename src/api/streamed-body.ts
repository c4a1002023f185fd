import { Transform } from "node:stream";
import type { FastifyRequest } from "fastify";
import { tooLarge } from "./failure.ts";
import type { App } from "./types.ts";

/**
 * Bodies of this type are read by their routes with `bodyOf`, as they come. Raises INS2010 for one that says itself that it has more
 * than the route's `bodyLimit`.
 */
export function letThrough(app: App, type: string): void {
  app.addContentTypeParser(type, (request, payload, done) => {
    if (Number(request.headers["content-length"]) > request.routeOptions.bodyLimit) done(tooLarge(request));
    else done(null, payload);
  });
}

/** The body as it comes; it fails with INS2010 beyond the route's `bodyLimit`, which fastify holds only for what it parses itself. */
export function bodyOf(request: FastifyRequest): Transform {
  const limit = request.routeOptions.bodyLimit;
  let bytes = 0;
  const body = new Transform({
    transform(piece: Buffer, _encoding, done) {
      bytes += piece.length;
      if (bytes > limit) done(tooLarge(request));
      else done(null, piece);
    },
  });
  // Whoever reads hears of the error, and without a listener it would end the daemon where nobody reads any more. The rest is let
  // through, so that the sender gets the answer and not a reset.
  body.on("error", () => request.raw.resume());
  return request.raw.pipe(body);
}
