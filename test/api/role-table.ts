import type { Of } from "../../src/api/access.ts";

/** What each route that a token below admin may ask needs, and of what it is: said a second time, so that neither changes alone. */
export const READ: Readonly<Record<string, Of>> = {
  "GET /v1/version": "nothing",
  "GET /v1/find": "nothing",
  "GET /v1/verify/key": "nothing",
  "GET /v1/stacks": "rows",
  "GET /v1/services": "rows",
  "GET /v1/instances": "rows",
  "GET /v1/watch": "rows",
  "GET /v1/triggers": "rows",
  "GET /v1/events": "rows",
  "GET /v1/deployments/:id": "deployment",
  "GET /v1/stacks/:stack/services/:service/suggest": "service",
  "GET /v1/drift": "asked",
  "GET /v1/images": "asked",
  "GET /v1/verify": "asked",
  "GET /v1/doctor": "everything",
  "GET /v1/timings": "everything",
  "GET /v1/volumes": "everything",
  "GET /v1/snapshots": "everything",
  "POST /v1/audit": "everything",
};

export const DEPLOY: Readonly<Record<string, Of>> = {
  "GET /v1/stacks/:stack/services/:service/logs": "service",
  "GET /v1/stacks/:stack/services/:service/history": "service",
  "GET /v1/stacks/:stack/services/:service/diff": "service",
  "POST /v1/stacks/:stack/services/:service/deploy": "service",
  "POST /v1/stacks/:stack/services/:service/redeploy": "service",
  "POST /v1/stacks/:stack/services/:service/recycle": "service",
  "POST /v1/stacks/:stack/services/:service/rollback": "service",
  "POST /v1/stacks/:stack/services/:service/scale": "service",
  "POST /v1/stacks/:stack/services/:service/split": "service",
  "POST /v1/stacks/:stack/services/:service/approve": "service",
  "POST /v1/stacks/:stack/services/:service/unpin": "service",
  "POST /v1/deployments/:id/promote": "deployment",
  "POST /v1/deployments/:id/pause": "deployment",
  "POST /v1/deployments/:id/resume": "deployment",
  "POST /v1/deployments/:id/abort": "deployment",
  "POST /v1/notices": "everything",
};

export const OPEN = ["GET /healthz", "HEAD /healthz", "GET /login", "POST /login", "GET /assets/page.css", "GET /assets/icon.svg"];
export const HOOK = ["POST /hooks/:id/:secret"];
