/** `node script/fetch.ts URL SHA256 FILE`: the file of that address, kept only if it is the one expected. */
import { createHash } from "node:crypto";
import { rename, writeFile } from "node:fs/promises";

const [url = "", sha256 = "", file = ""] = process.argv.slice(2);
const answer = await fetch(url);
if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
const content = new Uint8Array(await answer.arrayBuffer());
const found = createHash("sha256").update(content).digest("hex");
if (found !== sha256) throw new Error(`${url} has the checksum ${found}, not ${sha256}`);
await writeFile(`${file}.part`, content);
await rename(`${file}.part`, file);
