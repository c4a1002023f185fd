/**
 * Writes the OpenAPI document and the client's types from the API's schemas; with --check only compares.
 * Exits 1 when the committed files differ.
 */
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString, type OpenAPI3 } from "openapi-typescript";
import { pino } from "pino";
import { openApiDocument } from "../src/api/server.ts";

const at = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const document = await openApiDocument(pino({ level: "silent" }));
const types = astToString(await openapiTS(document as OpenAPI3, { alphabetize: true }));
const files = new Map([
  ["src/api/openapi.json", `${JSON.stringify(document, null, 2)}\n`],
  ["src/cli/generated/api.d.ts", `/** Generated from src/api/openapi.json by script/generate-api.ts. */\n${types}`],
]);

for (const [path, text] of files) {
  if (!process.argv.includes("--check")) {
    await writeFile(at(path), text);
    continue;
  }
  const present = await readFile(at(path), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  if (present === text) continue;
  process.stderr.write(`${path} is not what the API's schemas give: run node script/generate-api.ts\n`);
  process.exitCode = 1;
}
