import { execFile, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** In a home that a demo made. What its installation made is a demo's, and removed with it. */
const MARK = "demo";
const PATIENCE_MS = 30_000;
/** A unix socket's path may have about 100 bytes. */
const SOCKET_LIMIT = 100;

/** `INSTAR_HOME`, else .demo in the checkout, else a short path derived from it. */
export function demoHome(root: string): string {
  const given = process.env.INSTAR_HOME;
  return given !== undefined && given !== "" ? given : ownHome(root);
}

function ownHome(root: string): string {
  const near = join(root, ".demo");
  if (Buffer.byteLength(join(near, "instar.sock")) <= SOCKET_LIMIT) return near;
  return `/tmp/instar-demo-${createHash("sha256").update(root).digest("hex").slice(0, 8)}`;
}

export interface Spoken {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The demo's own daemon, and the command line speaking to it. */
export class DemoDaemon {
  readonly home: string;
  readonly #root: string;
  readonly #instar: string;
  readonly #env: NodeJS.ProcessEnv;

  constructor(root: string, home: string, env: Readonly<Record<string, string>>) {
    this.home = home;
    this.#root = root;
    this.#instar = join(root, "bin/instar");
    this.#env = { ...process.env, ...env, INSTAR_HOME: home };
    delete this.#env.INSTAR_URL;
  }

  instar(...words: string[]): Promise<Spoken> {
    return new Promise((resolve) => {
      execFile(this.#instar, words, { env: this.#env, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === "number" ? error.code : 1;
        resolve({ code, stdout, stderr });
      });
    });
  }

  /**
   * Before anything is touched: INSTAR_HOME may be that of a real daemon, whose stacks and volumes would be taken for the demo's. Raises
   * for a home with something in it that no demo made.
   */
  claim(): void {
    const there = existsSync(this.home) ? readdirSync(this.home) : [];
    if (there.length > 0 && !there.includes(MARK) && this.home !== ownHome(this.#root))
      throw new Error(`${this.home} is not the home of a demo → unset INSTAR_HOME, or name a folder that is not there`);
  }

  /** Ends the daemon of an earlier run (instances and router go on), starts this build's, waits until it answers. */
  async start(): Promise<void> {
    this.claim();
    mkdirSync(this.home, { recursive: true, mode: 0o700 });
    writeFileSync(this.#path(MARK), "");
    await this.stop();
    const log = openSync(this.#path("daemon.log"), "w");
    const child = spawn(this.#instar, ["server"], { env: this.#env, detached: true, stdio: ["ignore", log, log] });
    const ended = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the daemon ended with ${code}: ${this.#lastWords()}`)));
    });
    writeFileSync(this.#path("daemon.pid"), `${child.pid}\n`);
    await Promise.race([ended, this.#answers()]);
    ended.catch(() => undefined);
    child.unref();
  }

  async #answers(): Promise<void> {
    const until = performance.now() + PATIENCE_MS;
    while ((await this.instar("ps", "--json")).code !== 0) {
      if (performance.now() > until) throw new Error(`the daemon does not answer: ${this.#lastWords()}`);
      await delay(100);
    }
  }

  #lastWords(): string {
    return readFileSync(this.#path("daemon.log"), "utf8").trimEnd().split("\n").slice(-3).join("\n");
  }

  async stop(): Promise<void> {
    const pid = this.#pid();
    if (pid === null) return;
    process.kill(pid, "SIGTERM");
    const until = performance.now() + PATIENCE_MS;
    while (this.#pid() !== null) {
      if (performance.now() > until) throw new Error(`the daemon (${pid}) does not end`);
      await delay(50);
    }
  }

  /** The daemon's process, when the number in the pid file is still one. */
  #pid(): number | null {
    const file = this.#path("daemon.pid");
    if (!existsSync(file)) return null;
    const pid = readFileSync(file, "utf8").trim();
    if (!existsSync(`/proc/${pid}/cmdline`)) return null;
    // A zombie has no words left.
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("cli.js\0server") ? Number(pid) : null;
  }

  /** Ends the daemon and removes what carries its installation's label, then its home. The stacks are down already. */
  async wipe(): Promise<void> {
    this.claim();
    await this.stop();
    if (existsSync(this.#path("installation"))) {
      const installation = readFileSync(this.#path("installation"), "utf8").trim();
      const ours = ["--filter", `label=dev.instar.installation=${installation}`];
      docker(["rm", "-f"], docker(["ps", "-aq", ...ours]));
      docker(["network", "rm"], docker(["network", "ls", "-q", ...ours]));
      docker(["volume", "rm"], docker(["volume", "ls", "-q", ...ours]));
    }
    rmSync(this.home, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.home, name);
  }
}

/** Words printed by docker; nothing is run when there are no objects to run it on. */
function docker(words: readonly string[], objects?: readonly string[]): string[] {
  if (objects?.length === 0) return [];
  return execFileSync("docker", [...words, ...(objects ?? [])], { encoding: "utf8" })
    .split(/\s+/)
    .filter((word) => word !== "");
}
