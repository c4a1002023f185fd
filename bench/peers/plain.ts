import type Docker from "dockerode";
import { rude, type Variant } from "../../test/apps/images.ts";
import { docker } from "../../test/e2e/docker-command.ts";
import { until } from "../../test/e2e/until.ts";
import { answers } from "../floor.ts";
import { BALANCER_IMAGE, Balancer } from "./balancer.ts";
import { environmentOf, type Peer, type Service, SUBNET } from "./peer.ts";

const NAME = "instar-peers-plain";

/** What a careful person types: one container after the other, watching HAProxy's page in between. */
export class Plain implements Peer {
  readonly name = "docker";
  readonly title = "docker by hand";
  readonly recipe =
    "for each container in turn `docker stop`, `docker rm`, `docker run`, then a look at /healthz and at HAProxy's stats page until the new address is up there, and only then the next. Nothing documents a better way with `docker` alone. HAProxy resolves the network alias that all the containers have.";
  readonly versions: readonly string[];
  readonly pids: readonly number[] = [];
  private readonly engine: Docker;
  private balancer: Balancer | null = null;
  private service: Service | null = null;
  private variant: Variant = "v1";
  private before: Variant = "v1";

  private constructor(engine: Docker, version: string) {
    this.engine = engine;
    this.versions = [`docker ${version}`];
  }

  static async open(engine: Docker): Promise<Plain> {
    return new Plain(engine, (await docker("version", "--format", "{{.Client.Version}}")).trim());
  }

  async up(service: Service): Promise<string> {
    this.service = service;
    this.variant = "v1";
    const balancer = await Balancer.of("web", service.stateful);
    this.balancer = balancer;
    await docker("network", "create", "--subnet", SUBNET, NAME);
    const ports = balancer.ports.flatMap((port) => ["-p", port]);
    const front = ["-d", "--name", `${NAME}-front`, "--network", NAME, ...ports, "-v", balancer.volume];
    await docker("run", ...front, BALANCER_IMAGE, ...balancer.command);
    for (let n = 1; n <= service.replicas; n++) await this.start(n);
    await balancer.untilUp(service.replicas);
    return balancer.url;
  }

  async deploy(variant: Variant): Promise<void> {
    this.before = this.variant;
    this.variant = variant;
    await this.redeploy();
  }

  async redeploy(): Promise<void> {
    const replicas = this.service?.replicas ?? 0;
    for (let n = 1; n <= replicas; n++) {
      await docker("stop", `${NAME}-${n}`);
      await docker("rm", `${NAME}-${n}`);
      const address = await this.start(n);
      await this.balancer?.untilUp(replicas, address);
    }
  }

  rollback(): Promise<void> {
    return this.deploy(this.before);
  }

  async settled(): Promise<void> {}

  async down(): Promise<void> {
    const names = (await docker("ps", "-a", "--filter", `name=^${NAME}-`, "--format", "{{.Names}}"))
      .split("\n")
      .filter((name) => name !== "");
    if (names.length > 0) await docker("rm", "-f", ...names);
    if (this.service?.stateful === true) await docker("volume", "rm", NAME);
    await docker("network", "rm", NAME);
    this.balancer?.close();
    this.balancer = null;
  }

  async close(): Promise<void> {
    if (this.balancer !== null) await this.down();
  }

  /** Returns its address, once it answers. */
  private async start(n: number): Promise<string> {
    const { service } = this;
    if (service === null) throw new Error("nothing is up");
    const environment = Object.entries(environmentOf(service)).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
    const volume = service.stateful ? ["-v", `${NAME}:/data`] : [];
    const how = ["--restart", "unless-stopped", "--network", NAME, "--network-alias", "web", ...environment, ...volume];
    await docker("run", "-d", "--name", `${NAME}-${n}`, ...how, rude(this.variant));
    const address = (await this.engine.getContainer(`${NAME}-${n}`).inspect()).NetworkSettings.Networks[NAME]?.IPAddress ?? "";
    await until(`${NAME}-${n} to answer`, () => answers(`http://${address}:8080/healthz`), 120_000);
    return address;
  }
}
