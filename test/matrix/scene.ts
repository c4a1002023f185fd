import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rude } from "../apps/images.ts";
import { Installation } from "../e2e/installation.ts";
import { freePort } from "../e2e/ports.ts";
import { rudeService } from "../e2e/stacks.ts";
import { REPLICAS, type Strategy } from "./cells.ts";
import { SmallDisk } from "./small-disk.ts";

export const SERVICE = "shop/web";
interface Gate {
  readonly url: string;
  close(): void;
}

const JOBS = ["before", "after"] as const;

/** One installation with one service of a strategy, and everything that a fault needs: made once and used as long as it is whole. */
export class Scene {
  readonly strategy: Strategy;
  readonly instar: Installation;
  readonly port: number;
  readonly disk: SmallDisk;
  /** What the daemon's clock is shifted by is written here. */
  readonly clock: string;
  readonly #gate: Gate | null;

  private constructor(of: Pick<Scene, "strategy" | "instar" | "port" | "disk" | "clock">, gate: Gate | null) {
    this.strategy = of.strategy;
    this.instar = of.instar;
    this.port = of.port;
    this.disk = of.disk;
    this.clock = of.clock;
    this.#gate = gate;
  }

  static async start(strategy: Strategy): Promise<Scene> {
    const clock = `/tmp/instar-matrix-clock-${process.pid}`;
    writeFileSync(clock, "0");
    const preload = fileURLToPath(new URL("shifted-clock.ts", import.meta.url));
    const disk = SmallDisk.mount();
    const env = { NODE_OPTIONS: `--import=${preload}`, MATRIX_CLOCK: clock };
    const instar = await Installation.start({ env, home: join(disk.path, "home") }).catch((error: unknown) => {
      disk.unmount();
      throw error;
    });
    const gate = strategy === "jobs" ? await approver() : null;
    const scene = new Scene({ strategy, instar, port: await freePort(), disk, clock }, gate);
    try {
      mkdirSync(join(instar.home, "witness"), { recursive: true });
      const { code, stderr } = await instar.apply("shop", scene.#file());
      if (code !== 0) throw new Error(stderr);
    } catch (error) {
      await scene.end();
      throw error;
    }
    return scene;
  }

  get replicas(): number {
    return REPLICAS[this.strategy];
  }

  /** How often each job's program has run, by its own account. */
  ran(): readonly { readonly job: string; readonly ran: number }[] {
    if (this.strategy !== "jobs") return [];
    return JOBS.map((job) => {
      const path = join(this.instar.home, "witness", job);
      return { job, ran: existsSync(path) ? readFileSync(path, "utf8").trim().split("\n").length : 0 };
    });
  }

  async end(): Promise<void> {
    await this.instar.wipe();
    this.#gate?.close();
    this.disk.unmount();
    rmSync(this.clock, { force: true });
  }

  #file(): object {
    const order = this.strategy === "stop-first" ? "stop-first" : "start-first";
    const deploy = { replicas: this.replicas, update_config: { order } };
    // It ignores SIGTERM: with ten seconds of grace more than the thousand that may wait would come (src/reconcile/table.ts).
    const more = { deploy, ...(order === "stop-first" ? { stop_grace_period: "2s" } : {}) };
    const web = rudeService({ port: this.port, replicas: this.replicas, drain: "1s", more }) as { "x-instar": object };
    return {
      services: {
        web: { ...web, "x-instar": { ...web["x-instar"], ...this.#own() } },
        ...(this.strategy === "jobs" ? Object.fromEntries(JOBS.map((job) => [job, this.#job(job)])) : {}),
      },
    };
  }

  #own(): object {
    switch (this.strategy) {
      case "rolling":
      case "stop-first":
        return {};
      case "blue-green":
        return { strategy: { "blue-green": { promote: "manual", warm: "0s" } } };
      case "canary":
        return { strategy: { canary: { steps: ["25%"], every: "manual" } } };
      case "jobs": {
        return { jobs: { before: "before", after: "after" }, hooks: { confirm: { url: this.#gate?.url ?? "" } } };
      }
      default:
        return this.strategy satisfies never;
    }
  }

  /** Writes a line where it runs, and takes a moment. */
  #job(job: string): object {
    const command = ["sh", "-c", `echo $$HOSTNAME >> /witness/${job}; sleep 0.3`];
    return { image: rude("v1"), command, volumes: [`${join(this.instar.home, "witness")}:/witness`] };
  }
}

/** Whoever confirms deployments: says yes to all. */
async function approver(): Promise<Gate> {
  const server = createServer((request, response) => {
    request.resume().on("end", () => response.writeHead(200, { "content-type": "application/json" }).end('{"approve": true}'));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => void server.close() };
}
