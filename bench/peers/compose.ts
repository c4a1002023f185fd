import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { rude, type Variant } from "../../test/apps/images.ts";
import { compose } from "../../test/e2e/compose.ts";
import { BALANCER_IMAGE, Balancer } from "./balancer.ts";
import { environmentOf, type Peer, type Service, SUBNET } from "./peer.ts";

const PROJECT = "instar-peers";

/** `docker compose up -d` of an edited file. */
export class Compose implements Peer {
  readonly name = "compose";
  readonly title = "Compose";
  readonly recipe =
    "`docker compose up -d` of the edited file, `--force-recreate web` for the same content; a rollback is the file of before. It has no rolling update: `update_config` is not read outside Swarm, and its reference names no setting for one. HAProxy is a service of the same file and resolves the service's name.";
  readonly versions: readonly string[];
  readonly pids: readonly number[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), "instar-peers-compose-"));
  private balancer: Balancer | null = null;
  private service: Service | null = null;
  private variant: Variant = "v1";
  private before: Variant = "v1";

  private constructor(version: string) {
    this.versions = [`Docker Compose ${version}`];
  }

  static async open(): Promise<Compose> {
    return new Compose((await compose(PROJECT, "/dev/null", "version", "--short")).trim());
  }

  async up(service: Service): Promise<string> {
    this.service = service;
    this.variant = "v1";
    this.balancer = await Balancer.of("web", service.stateful);
    await this.apply();
    await this.balancer.untilUp(service.replicas);
    return this.balancer.url;
  }

  async deploy(variant: Variant): Promise<void> {
    this.before = this.variant;
    this.variant = variant;
    await this.apply();
  }

  async redeploy(): Promise<void> {
    await this.apply("--force-recreate", "--no-deps", "web");
  }

  rollback(): Promise<void> {
    return this.deploy(this.before);
  }

  async settled(): Promise<void> {}

  async down(): Promise<void> {
    await compose(PROJECT, this.file, "down", "--volumes", "--timeout", "1");
    this.balancer?.close();
    this.balancer = null;
  }

  async close(): Promise<void> {
    if (this.balancer !== null) await this.down();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private get file(): string {
    return join(this.folder, "compose.yaml");
  }

  private async apply(...more: readonly string[]): Promise<void> {
    const { service, balancer } = this;
    if (service === null || balancer === null) throw new Error("nothing is up");
    const web = {
      image: rude(this.variant),
      environment: environmentOf(service),
      deploy: { replicas: service.replicas },
      ...(service.stateful ? { volumes: ["state:/data"] } : {}),
    };
    const front = { image: BALANCER_IMAGE, command: balancer.command, ports: balancer.ports, volumes: [balancer.volume] };
    writeFileSync(
      this.file,
      stringify({
        services: { web, front },
        networks: { default: { ipam: { config: [{ subnet: SUBNET }] } } },
        ...(service.stateful ? { volumes: { state: {} } } : {}),
      }),
    );
    await compose(PROJECT, this.file, "up", "-d", ...more);
  }
}
