import type { Kysely } from "kysely";
import type { Migration } from "kysely/migration";
import { type FreezeTables, freezes } from "./migrations/0003-freezes.ts";
import { type JobTables, jobs } from "./migrations/0009-jobs.ts";

/** Instants are integer milliseconds; documents are JSON text; booleans are 0 or 1. No dialect-only SQL. */

import { type DriftTables, drift } from "./migrations/0004-drift.ts";
import { type VerifyTables, verify } from "./migrations/0005-verify.ts";

import { type RegistryTables, registry } from "./migrations/0006-registry.ts";
import { type TriggerTables, triggers } from "./migrations/0007-triggers.ts";
import { byService } from "./migrations/0010-by-service.ts";
import { type TokenTables, tokens } from "./migrations/0011-tokens.ts";

export interface Tables extends FreezeTables, JobTables, DriftTables, VerifyTables, RegistryTables, TriggerTables, TokenTables {
  meta: { key: string; value: string };
  stacks: { name: string; doc: string };
  services: { stack: string; service: string; doc: string };
  revisions: { stack: string; service: string; number: number; doc: string };
  deployments: { number: number; stack: string; service: string; doc: string };
  steps: { seq: number; deployment: number; at: number; do: string; instance: string | null; because: string };
  events: {
    seq: number;
    at: number;
    kind: string;
    stack: string | null;
    service: string | null;
    instance: string | null;
    deployment: string | null;
    message: string;
    /** sha256 over the row before's hash and this row: a changed or missing row shows. */
    hash: string;
  };
  facts: { id: string; stack: string; service: string; doc: string };
  crashes: { seq: number; stack: string; service: string; at: number; doc: string };
  networks: { name: string; stack: string; subnet: string };
  completions: { stack: string; service: string; slot: number; doc: string };
  adoptions: { stack: string; doc: string };
  volumes: { name: string; stack: string; doc: string };
  ports: { stack: string; service: string; target: number; protocol: string; published: number };
}

const first: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    const make = db.schema;
    await make
      .createTable("meta")
      .addColumn("key", "text", (c) => c.primaryKey())
      .addColumn("value", "text", (c) => c.notNull())
      .execute();
    await make
      .createTable("stacks")
      .addColumn("name", "text", (c) => c.primaryKey())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
    await make
      .createTable("services")
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("services_key", ["stack", "service"])
      .execute();
    await make
      .createTable("revisions")
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("number", "integer", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("revisions_key", ["stack", "service", "number"])
      .execute();
    await make
      .createTable("deployments")
      .addColumn("number", "integer", (c) => c.primaryKey())
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
    await make.createIndex("deployments_of").on("deployments").columns(["stack", "service", "number"]).execute();
    await make
      .createTable("steps")
      .addColumn("seq", "integer", (c) => c.primaryKey())
      .addColumn("deployment", "integer", (c) => c.notNull())
      .addColumn("at", "integer", (c) => c.notNull())
      .addColumn("do", "text", (c) => c.notNull())
      .addColumn("instance", "text")
      .addColumn("because", "text", (c) => c.notNull())
      .execute();
    await make.createIndex("steps_of").on("steps").columns(["deployment", "seq"]).execute();
    await make
      .createTable("events")
      .addColumn("seq", "integer", (c) => c.primaryKey())
      .addColumn("at", "integer", (c) => c.notNull())
      .addColumn("kind", "text", (c) => c.notNull())
      .addColumn("stack", "text")
      .addColumn("service", "text")
      .addColumn("instance", "text")
      .addColumn("deployment", "text")
      .addColumn("message", "text", (c) => c.notNull())
      .addColumn("hash", "text", (c) => c.notNull())
      .execute();
    await make
      .createTable("facts")
      .addColumn("id", "text", (c) => c.primaryKey())
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
    await make
      .createTable("crashes")
      .addColumn("seq", "integer", (c) => c.primaryKey())
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("at", "integer", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
    await make
      .createTable("networks")
      .addColumn("name", "text", (c) => c.primaryKey())
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("subnet", "text", (c) => c.notNull())
      .execute();
    await make
      .createTable("ports")
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("target", "integer", (c) => c.notNull())
      .addColumn("protocol", "text", (c) => c.notNull())
      .addColumn("published", "integer", (c) => c.notNull())
      .addPrimaryKeyConstraint("ports_key", ["stack", "service", "target", "protocol"])
      .execute();
  },
};

const volumes: Migration = {
  async up(db: Kysely<never>): Promise<void> {
    await db.schema
      .createTable("volumes")
      .addColumn("name", "text", (c) => c.primaryKey())
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
    await db.schema
      .createTable("adoptions")
      .addColumn("stack", "text", (c) => c.primaryKey())
      .addColumn("doc", "text", (c) => c.notNull())
      .execute();
    await db.schema
      .createTable("completions")
      .addColumn("stack", "text", (c) => c.notNull())
      .addColumn("service", "text", (c) => c.notNull())
      .addColumn("slot", "integer", (c) => c.notNull())
      .addColumn("doc", "text", (c) => c.notNull())
      .addPrimaryKeyConstraint("completions_key", ["stack", "service", "slot"])
      .execute();
  },
};

/** In order; each runs once, in a copy of the file (upgrade.ts). A name is its number and a word: 0002-volumes. */
export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  "0001-first": first,
  "0002-volumes": volumes,
  "0003-freezes": freezes,
  "0009-jobs": jobs,

  "0004-drift": drift,
  "0005-verify": verify,

  "0006-registry": registry,
  "0007-triggers": triggers,
  "0010-by-service": byService,
  "0011-tokens": tokens,
};
