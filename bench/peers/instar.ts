import { rude, type Variant } from "../../test/apps/images.ts";
import { Installation } from "../../test/e2e/installation.ts";
import { freePort } from "../../test/e2e/ports.ts";
import { rudeStack } from "../../test/e2e/stacks.ts";
import { environmentOf, type Peer, type Service } from "./peer.ts";

const STACK = "race";
const SERVICE = `${STACK}/web`;

/** Instar on a stack file; what it deploys for the race is what its README shows. */
export class Instar implements Peer {
  readonly name = "instar";
  readonly title = "Instar";
  readonly recipe =
    "the stack file says image, ports, replicas, `ready: { http: /healthz }` and `drain: 4s`; everything else is Instar's default. `instar deploy`, `redeploy` and `rollback` end when every instance serves the wanted digest and the old ones are gone.";
  readonly versions: readonly string[];
  private readonly installation: Installation;

  private constructor(installation: Installation, version: string) {
    this.installation = installation;
    this.versions = [`Instar ${version}`];
  }

  static async open(): Promise<Instar> {
    const installation = await Installation.start();
    const { version } = await installation.ask<{ version: string }>("/v1/version");
    return new Instar(installation, version);
  }

  get pids(): readonly number[] {
    return this.installation.pid === null ? [] : [this.installation.pid];
  }

  async up(service: Service): Promise<string> {
    const port = await freePort();
    const volume = { volumes: ["state:/data"] };
    const stack = rudeStack({
      port,
      drain: "4s",
      replicas: service.replicas,
      environment: environmentOf(service),
      ...(service.stateful ? { more: volume } : {}),
    });
    await this.installation.apply(STACK, { ...stack, ...(service.stateful ? { volumes: { state: {} } } : {}) });
    return `http://127.0.0.1:${port}`;
  }

  async deploy(variant: Variant): Promise<void> {
    await this.installation.moved("deploy", SERVICE, "--image", rude(variant));
  }

  async redeploy(): Promise<void> {
    await this.installation.moved("redeploy", SERVICE);
  }

  async rollback(): Promise<void> {
    await this.installation.moved("rollback", SERVICE);
  }

  async settled(): Promise<void> {}

  async down(): Promise<void> {
    await this.installation.json("down", STACK, "--volumes", "--yes");
  }

  async close(): Promise<void> {
    await this.installation.wipe();
  }
}
