import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import type Docker from "dockerode";
import { stringify } from "yaml";
import type { DeploymentView, HistoryView, InstanceView, ServiceView } from "../../src/reconcile/control.ts";
import { engineAt, ensureTestImages } from "../apps/images.ts";
import { entry } from "../entry.ts";
import { LANE } from "../lane.ts";
import { type Failure, failureOf, type Outcome, parse, run } from "./command.ts";
import { type Container, containersOf, instancesAmong, removeAllOf, routersAmong } from "./containers.ts";
import { place } from "./place.ts";
import { freePort } from "./ports.ts";
import { until } from "./until.ts";

const FAULT = "INSTAR_FAULT";
const SAVED = `/tmp/instar-e2e-images-${LANE}`;

/** One home, one daemon, everything it makes: started fresh for a test file and wiped after it. */
export class Installation {
  readonly home: string;
  readonly docker: Docker;
  readonly env: NodeJS.ProcessEnv;
  private daemon: ChildProcess | null = null;

  private constructor(home: string, listen: string, httpPort: number, dockerHost: string | undefined, more: NodeJS.ProcessEnv) {
    this.home = home;
    this.docker = engineAt(dockerHost);
    const { PATH, HOME } = process.env;
    const passed = Object.fromEntries(Object.entries(process.env).filter(([key]) => ["INSTAR_ROUTER_IMAGE", "INSTAR_POOL"].includes(key)));
    this.env = {
      PATH,
      HOME,
      ...passed,
      INSTAR_HOME: home,
      INSTAR_LISTEN: listen,
      INSTAR_HTTP_PORT: String(httpPort),
      ...(dockerHost === undefined ? {} : { DOCKER_HOST: dockerHost }),
      ...more,
    };
  }

  /**
   * A fresh home without a daemon yet. `dockerHost` defaults to DOCKER_HOST. The images of the tests, which no registry has, are
   * saved once for all the homes of a lane, unless this one is to save its own.
   */
  static async create(
    how: { dockerHost?: string | undefined; env?: NodeJS.ProcessEnv; home?: string; savesItsOwn?: boolean } = {},
  ): Promise<Installation> {
    const home = how.home ?? join("/tmp", `instar-e2e-${randomBytes(4).toString("hex")}`);
    mkdirSync(join(home, "files"), { recursive: true });
    if (how.savesItsOwn !== true) {
      mkdirSync(SAVED, { recursive: true });
      symlinkSync(SAVED, join(home, "images"));
    }
    const dockerHost = how.dockerHost ?? process.env.DOCKER_HOST;
    await ensureTestImages(engineAt(dockerHost));
    return new Installation(home, `127.0.0.1:${await freePort()}`, await freePort(), dockerHost, how.env ?? {});
  }

  /** The same with its daemon running. */
  static async start(how: Parameters<typeof Installation.create>[0] = {}): Promise<Installation> {
    const installation = await Installation.create(how);
    try {
      await installation.up();
    } catch (error) {
      await installation.wipe();
      throw error;
    }
    return installation;
  }

  get socket(): string {
    return join(this.home, "instar.sock");
  }

  get id(): string {
    return readFileSync(join(this.home, "installation"), "utf8").trim();
  }

  get log(): string {
    return existsSync(this.logFile) ? readFileSync(this.logFile, "utf8") : "";
  }

  /** Beside the home, as a journal would be: a full disk under the home must not silence the daemon. */
  private get logFile(): string {
    return join("/tmp", `${this.home.slice(1).replaceAll("/", "-")}.log`);
  }

  // ------------------------------------------------------------------------------------------ daemon

  /** Starts the daemon and waits until it answers, or (with a fault point) until it has ended. */
  async up(fault?: string, args: readonly string[] = []): Promise<void> {
    if (this.daemon !== null) throw new Error("the daemon runs already");
    const log = openSync(this.logFile, "a");
    // As bin/instar starts it.
    const { INSTAR_COVERAGE: coverage } = process.env;
    const env = {
      ...{ ...this.env, MALLOC_ARENA_MAX: "2", ...(fault === undefined ? {} : { [FAULT]: fault }) },
      // Which branches it takes, written at its end: script/coverage --real.
      ...(coverage === undefined ? {} : { NODE_V8_COVERAGE: coverage }),
    };
    const daemon = spawn(process.execPath, ["--max-semi-space-size=1", entry(), "server", ...args], {
      env,
      cwd: this.home,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    this.daemon = daemon;
    place(daemon.pid, this.env["DOCKER_HOST"]);
    daemon.once("exit", () => {
      if (this.daemon === daemon) this.daemon = null;
    });
    await until(`the daemon to answer\n${this.log.slice(-2000)}`, async () => this.daemon === null || (await this.answers()));
    if (this.daemon === null && fault === undefined) throw new Error(`the daemon ended at its start:\n${this.log.slice(-4000)}`);
  }

  get pid(): number | null {
    return this.daemon?.pid ?? null;
  }

  get alive(): boolean {
    return this.daemon !== null;
  }

  /** SIGKILL: what a crash is. */
  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    this.daemon?.kill(signal);
    await until("the daemon to end", () => this.daemon === null);
  }

  /** One request over the socket; the body as JSON. */
  ask<T>(path: string, method: "GET" | "POST" = "GET", body?: object): Promise<T> {
    const headers = body === undefined ? {} : { "content-type": "application/json" };
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: this.socket, path, method, headers, timeout: 120_000 }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          if (answer.statusCode === 200) resolve(JSON.parse(text) as T);
          else reject(new Error(`${path}: ${answer.statusCode} ${text}`));
        });
      });
      asked.on("timeout", () => asked.destroy(new Error(`${path}: no answer`)));
      asked.on("error", reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  private async answers(): Promise<boolean> {
    try {
      await this.ask("/v1/version");
      return true;
    } catch (error) {
      if (["ENOENT", "ECONNREFUSED", "ECONNRESET"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
      throw error;
    }
  }

  // ------------------------------------------------------------------------------------------ commands

  run(...args: string[]): Promise<Outcome> {
    return run(args, this.env, join(this.home, "files"));
  }

  /** A command with --json that must succeed; its answer. */
  async json<T>(...args: string[]): Promise<T> {
    const outcome = await this.run(...args, "--json");
    const answer = parse(outcome.stdout);
    if (outcome.code !== 0 || answer === null) {
      throw new Error(
        `instar ${args.join(" ")}: exit ${outcome.code}\n${outcome.stderr}\n${outcome.stdout.slice(-2000)}\n--- daemon\n${this.log.slice(-2000)}`,
      );
    }
    return answer as T;
  }

  /** A command that moves services; the deployments it brought, whatever their outcome. */
  async deployments(...args: string[]): Promise<{ code: number; deployments: readonly DeploymentView[]; stderr: string }> {
    const outcome = await this.run(...args, "--json");
    const answer = parse(outcome.stdout) as { deployments?: DeploymentView[] } | null;
    if (answer?.deployments === undefined)
      throw new Error(`instar ${args.join(" ")}: exit ${outcome.code}\n${outcome.stderr}\n${outcome.stdout}`);
    return { code: outcome.code, deployments: answer.deployments, stderr: outcome.stderr };
  }

  /** One deployment that must succeed. */
  async moved(...args: string[]): Promise<DeploymentView> {
    const { code, deployments, stderr } = await this.deployments(...args);
    const [deployment] = deployments;
    if (code !== 0 || deployment?.outcome !== "succeeded") {
      throw new Error(
        `instar ${args.join(" ")}: exit ${code}, ${deployment?.outcome}: ${deployment?.reason}\n${stderr}\n--- daemon\n${this.log.slice(-3000)}`,
      );
    }
    return deployment;
  }

  /** A command that must be refused: its exit code and catalogue error. */
  async refused(...args: string[]): Promise<{ exit: number } & Failure> {
    const outcome = await this.run(...args, "--json");
    if (outcome.code === 0) throw new Error(`instar ${args.join(" ")} was accepted: ${outcome.stdout}`);
    return { exit: outcome.code, ...failureOf(outcome) };
  }

  /** Writes a stack file; returns its path. */
  file(name: string, content: object | string): string {
    const path = join(this.home, "files", `${name}.yaml`);
    writeFileSync(path, typeof content === "string" ? content : stringify(content));
    return path;
  }

  /** Writes and applies a stack file of this name. */
  apply(
    name: string,
    content: object | string,
    ...args: string[]
  ): Promise<{ code: number; deployments: readonly DeploymentView[]; stderr: string }> {
    return this.deployments("up", "-f", this.file(name, content), "--stack", name, ...args);
  }

  // ------------------------------------------------------------------------------------------ looking

  async instances(): Promise<readonly InstanceView[]> {
    return (await this.ask<{ instances: InstanceView[] }>("/v1/instances")).instances;
  }

  async services(): Promise<readonly ServiceView[]> {
    return (await this.ask<{ services: ServiceView[] }>("/v1/services")).services;
  }

  history(service: string): Promise<HistoryView> {
    const [stack, name] = service.split("/");
    return this.ask(`/v1/stacks/${stack}/services/${name}/history`);
  }

  async latest(service: string): Promise<DeploymentView> {
    const [deployment] = (await this.history(service)).deployments;
    if (deployment === undefined) throw new Error(`${service} has no deployment`);
    return deployment;
  }

  containers(): Promise<readonly Container[]> {
    return containersOf(this.docker, this.id);
  }

  /** Containers of services, by the engine. */
  async running(service?: string): Promise<readonly Container[]> {
    const all = instancesAmong(await this.containers());
    return all.filter((one) => one.state === "running" && (service === undefined || one.service === service));
  }

  async routers(): Promise<readonly Container[]> {
    return routersAmong(await this.containers()).filter((one) => one.state === "running");
  }

  /** The router when it is alone. */
  async router(): Promise<Container> {
    const [router, ...more] = await this.routers();
    if (router === undefined || more.length > 0) throw new Error(`one running router expected, not ${1 + more.length}`);
    return router;
  }

  /** Ends the daemon and removes everything that carries the installation's label, and the home. */
  async wipe(): Promise<void> {
    // What is killed writes down nothing.
    await this.kill(process.env.INSTAR_COVERAGE === undefined ? "SIGKILL" : "SIGTERM");
    if (existsSync(join(this.home, "installation"))) await removeAllOf(this.docker, this.id);
    if (process.env.INSTAR_E2E_KEEP !== undefined) return;
    rmSync(this.home, { recursive: true, force: true });
    rmSync(this.logFile, { force: true });
  }
}
