import type { FastifyReply } from "fastify";
import { InstarError } from "../../errors.ts";
import { ADMIN, OPEN } from "../access.ts";
import type { Guard } from "../guard.ts";
import type { App } from "../types.ts";
import { ICON } from "./icon.ts";
import { LOGIN } from "./login.ts";
import { PAGE } from "./page.ts";
import { SCRIPT } from "./script.ts";
import { STYLE } from "./style.ts";

const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // Not no-referrer: a form's Origin would then be "null".
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

/** The page and its login form. A wrong token shows the form again with the reason. */
export function pageRoutes(app: App, guard: Guard): void {
  const hidden = { config: ADMIN, schema: { hide: true } };
  const open = { config: OPEN, schema: { hide: true } };
  const send = (reply: FastifyReply, type: string, text: string) => reply.headers(HEADERS).type(`${type}; charset=utf-8`).send(text);

  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) => {
    done(null, Object.fromEntries(new URLSearchParams(String(body))));
  });

  app.get("/", hidden, async (_request, reply) => send(reply, "text/html", PAGE));
  app.get("/login", open, async (_request, reply) => send(reply, "text/html", LOGIN(null)));
  app.get("/assets/page.css", open, async (_request, reply) => send(reply, "text/css", STYLE));
  app.get("/assets/icon.svg", open, async (_request, reply) => send(reply, "image/svg+xml", ICON));
  app.get("/assets/page.js", hidden, async (_request, reply) => send(reply, "text/javascript", SCRIPT));

  app.post("/login", { ...open, bodyLimit: 4096 }, async (request, reply) => {
    guard.checkOrigin(request);
    const token = (request.body as { token?: unknown } | null)?.token;
    try {
      guard.checkLogin(typeof token === "string" ? token.trim() : "");
    } catch (error) {
      if (!(error instanceof InstarError)) throw error;
      return send(reply.status(error.row.status), "text/html", LOGIN(`${error.message}: ${error.hint}`));
    }
    return reply.header("set-cookie", guard.sessions.begin(request.headers.origin?.startsWith("https://") === true)).redirect("/", 303);
  });
  app.post("/logout", hidden, async (request, reply) =>
    reply.header("set-cookie", [...guard.sessions.end(request.headers.cookie)]).redirect("/login", 303),
  );
}
