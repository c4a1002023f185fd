import { execFile, execFileSync, spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { refuseForeign, takeHome } from "./demo-home.ts";

const PATIENCE_MS = 30_000;

export interface Spoken {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The demo's own daemon, and the command line speaking to it. */
export class DemoDaemon {
  readonly home: string;
  readonly log: string;
  /** Whether the daemon that `start` started serves. */
  serves = false;
  readonly #root: string;
  readonly #instar: string;
  readonly #env: NodeJS.ProcessEnv;
  #made = false;

  constructor(root: string, home: string, env: Readonly<Record<string, string>>) {
    this.home = home;
    this.log = join(home, "daemon.log");
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

  /** Whether what the home's installation made is this run's: its daemon serves it, or nothing was there before. */
  get owns(): boolean {
    return this.serves || this.#made;
  }

  /**
   * Ends the daemon of an earlier run (instances and router go on), starts this build's, waits until it serves. Raises for a home that
   * is not a demo's, and when the daemon does not serve; then it is ended.
   */
  async start(): Promise<void> {
    this.#made = takeHome(this.#root, this.home);
    await this.stop();
    const log = openSync(this.log, "w");
    // That it serves is read in its own log: a request may be answered by another daemon of the same home.
    const env = { ...this.#env, INSTAR_LOG: "info" };
    const child = spawn(this.#instar, ["server"], { env, detached: true, stdio: ["ignore", log, log] });
    const ended = new Promise<never>((_, reject) => {
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the daemon ended with ${code}: ${this.lastWords()}`)));
    });
    ended.catch(() => undefined);
    writeFileSync(this.#path("daemon.pid"), `${child.pid}\n`);
    const until = performance.now() + PATIENCE_MS;
    while (!readFileSync(this.log, "utf8").includes('"msg":"serving"')) {
      if (performance.now() > until) {
        await this.stop();
        throw new Error(`the daemon does not answer: ${this.lastWords()}`);
      }
      await Promise.race([ended, delay(100)]);
    }
    this.serves = true;
    child.unref();
  }

  /** The end of the daemon's log. */
  lastWords(): string {
    return readFileSync(this.log, "utf8").trimEnd().split("\n").slice(-3).join("\n");
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
    refuseForeign(this.#root, this.home);
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
