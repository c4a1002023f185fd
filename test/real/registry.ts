import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { POLL } from "../conformance/engine-world.ts";

export const LOGIN = { username: "instar", password: "open sesame" } as const;
/** Of the Debian package of the same name. */
const PROGRAM = "docker-registry";
const HTPASSWD = "instar:$2b$04$Lsp1ZdLXvEqENLpPQEEVheYxfgR7Z78ON11uTNw8wtZiz3qdwEWYa\n";

/** Debian's docker-registry on a free loopback port, with storage of its own. */
export interface Registry {
  /** `127.0.0.1:PORT` */
  readonly domain: string;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Starts anew, and tells this address of every push and pull from then on. */
  notify(url: string): Promise<void>;
  close(): Promise<void>;
}

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
};

export const openRegistry = async ({ withLogin }: { readonly withLogin: boolean }): Promise<Registry> => {
  const folder = await mkdtemp(join(tmpdir(), "instar-registry-"));
  const domain = `127.0.0.1:${await freePort()}`;
  await writeFile(join(folder, "htpasswd"), HTPASSWD);
  const config = {
    version: 0.1,
    log: { level: "error", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: join(folder, "storage") }, delete: { enabled: true } },
    http: { addr: domain },
    ...(withLogin ? { auth: { htpasswd: { realm: "test", path: join(folder, "htpasswd") } } } : {}),
  };
  // JSON is YAML too.
  const configure = (more: object): Promise<void> => writeFile(join(folder, "config.yml"), JSON.stringify({ ...config, ...more }));
  await configure({});
  let stop = async (): Promise<void> => {};

  const registry: Registry = {
    domain,
    start: async () => {
      const server = spawn(PROGRAM, ["serve", join(folder, "config.yml")], { stdio: ["ignore", "ignore", "pipe"] });
      let said = "";
      server.stderr.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
      const ended = once(server, "close");
      stop = async () => {
        server.kill("SIGTERM");
        await ended;
      };
      // A test run that is cut short leaves nothing behind.
      process.once("exit", () => server.kill("SIGKILL"));
      await vi.waitFor(async () => {
        if (server.exitCode !== null) throw new Error(`docker-registry ended: ${said}`);
        await fetch(`http://${domain}/v2/`);
      }, POLL);
    },
    stop: () => stop(),
    notify: async (url) => {
      await stop();
      await configure({ notifications: { endpoints: [{ name: "test", url, timeout: "1s", threshold: 3, backoff: "200ms" }] } });
      await registry.start();
    },
    close: async () => {
      await stop();
      await rm(folder, { recursive: true });
    },
  };
  await registry.start();
  return registry;
};
