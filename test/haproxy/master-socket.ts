import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeDirectory } from "../../src/haproxy/files.ts";
import type { Generation } from "../../src/haproxy/generation.ts";
import { generation } from "../../src/haproxy/generation.ts";
import { SETTINGS } from "../route/tables.ts";

export interface FakeMaster {
  readonly router: Generation;
  /** Every command, oldest first; `@!7 show stat` is worker 7's. */
  readonly told: readonly string[];
  close(): void;
}

/** A router's command socket that gives these answers. */
export async function fakeMaster(answer: (command: string) => string): Promise<FakeMaster> {
  const home = mkdtempSync(join(tmpdir(), "master-"));
  const router = generation(home, 1, "container", SETTINGS);
  await makeDirectory(join(home, "router"));
  await makeDirectory(router.directory);
  const told: string[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let said = "";
    socket.on("data", (chunk) => {
      said += chunk.toString();
    });
    socket.on("end", () => {
      told.push(said.trim());
      socket.end(answer(said.trim()));
    });
  });
  await new Promise<void>((resolve) => server.listen(router.master.socket, resolve));
  const close = (): void => {
    server.close();
    rmSync(home, { recursive: true });
  };
  return { router, told, close };
}
