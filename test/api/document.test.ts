import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pino } from "pino";
import { expect, test } from "vitest";
import { openApiDocument } from "../../src/api/server.ts";

const at = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

test("the committed document is the one the schemas give, and the client's types come from it", async () => {
  await promisify(execFile)(process.execPath, [at("script/generate-api.ts"), "--check"]);
});

test("every operation has a name of its own and the one form of failure", async () => {
  const document = JSON.parse(await readFile(at("src/api/openapi.json"), "utf8")) as Record<
    "paths",
    Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>
  >;
  const operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  const names = operations.map((operation) => operation.operationId);
  expect(names).toHaveLength(new Set(names).size);
  for (const operation of operations) {
    expect(JSON.stringify(operation.responses.default)).toContain("#/components/schemas/Failure");
  }
  expect(await openApiDocument(pino({ level: "silent" }))).toEqual(document);
});
