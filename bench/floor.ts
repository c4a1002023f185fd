import { get } from "node:http";
import type Docker from "dockerode";
import { rude, type Variant } from "../test/apps/images.ts";

export const LABEL = "dev.instar.bench";

/** The same work through the engine's API alone: what no deployer can beat by much. */
export class Floor {
  private readonly docker: Docker;
  private readonly network = `instar-bench-${process.pid}`;
  private running: Docker.Container[] = [];

  constructor(docker: Docker) {
    this.docker = docker;
  }

  /** `replicas` containers of the old version, answering. */
  async prepare(replicas: number): Promise<void> {
    await this.docker.createNetwork({ Name: this.network, Driver: "bridge", Labels: { [LABEL]: "1" } });
    this.running = await Promise.all(Array.from({ length: replicas }, () => this.bringUp("v1")));
  }

  /**
   * Milliseconds to replace them all, `batch` at a time: created, started and answering, then as many old ones
   * stopped and removed. Nothing is routed, drained or recorded.
   */
  async replace(variant: Variant, batch: number): Promise<number> {
    const began = performance.now();
    const old = this.running;
    const fresh: Docker.Container[] = [];
    for (let at = 0; at < old.length; at += batch) {
      const leaving = old.slice(at, at + batch);
      fresh.push(...(await Promise.all(leaving.map(() => this.bringUp(variant)))));
      await Promise.all(leaving.map((one) => takeDown(one)));
    }
    this.running = fresh;
    return performance.now() - began;
  }

  /** Milliseconds to replace them one writer after the other: created, the old one stopped, started and answering. */
  async swap(variant: Variant): Promise<number> {
    const began = performance.now();
    for (const [at, old] of this.running.entries()) {
      const successor = await this.create(variant);
      await takeDown(old);
      this.running[at] = await this.start(successor);
    }
    return performance.now() - began;
  }

  async remove(): Promise<void> {
    await Promise.all(this.running.map((one) => one.remove({ force: true })));
    this.running = [];
    await this.docker.getNetwork(this.network).remove();
  }

  private async bringUp(variant: Variant): Promise<Docker.Container> {
    return this.start(await this.create(variant));
  }

  private create(variant: Variant): Promise<Docker.Container> {
    return this.docker.createContainer({
      Image: rude(variant),
      Labels: { [LABEL]: "1" },
      HostConfig: { NetworkMode: this.network, LogConfig: { Type: "local", Config: { "max-size": "10m", "max-file": "3" } } },
    });
  }

  private async start(container: Docker.Container): Promise<Docker.Container> {
    await container.start();
    const seen = await container.inspect();
    const address = seen.NetworkSettings.Networks[this.network]?.IPAddress;
    while (!(await answers(`http://${address}:8080/healthz`))) await new Promise((resolve) => setTimeout(resolve, 10));
    return container;
  }
}

async function takeDown(container: Docker.Container): Promise<void> {
  await container.stop({ t: 10 });
  await container.remove();
}

/** Whether this URL answers 200. */
export function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false, timeout: 1000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    })
      .on("timeout", function (this: { destroy(): void }) {
        this.destroy();
      })
      .on("error", () => resolve(false));
  });
}
