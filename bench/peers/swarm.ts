import { existsSync } from "node:fs";
import type Docker from "dockerode";
import { imageId, rude, type Variant } from "../../test/apps/images.ts";
import { docker } from "../../test/e2e/docker-command.ts";
import { freePort } from "../../test/e2e/ports.ts";
import { until } from "../../test/e2e/until.ts";
import { BALANCER_IMAGE, Balancer } from "./balancer.ts";
import { environmentOf, type Peer, type Service } from "./peer.ts";

const NAME = "instar-peers-swarm";
const GATEWAY = "docker_gwbridge";
const HEALTH = "wget -q -O /dev/null http://127.0.0.1:8080/healthz";
const WAIT_MS = 300_000;

/** `docker service update` on a swarm of one node, which is made and left again. */
export class Swarm implements Peer {
  readonly name = "swarm";
  readonly title = "Swarm + HAProxy";
  readonly recipe =
    "as the reference of `docker service update` offers it: `--update-order start-first` (stop-first for the single writer), `--update-parallelism 1`, `--update-delay 0s`, `--update-monitor 100ms` (its default of 5 s would only lengthen it); a rollback is an update to the image of before, since `docker service rollback` knows only the specification before the last update, which the redeployment was; a health check every 500 ms, without which start-first does not wait for the application; `--endpoint-mode dnsrr`. The image is named by its id, so that no registry is asked. HAProxy resolves `tasks.<service>` on an attachable overlay network. The time ends when the new tasks run healthy and no old one is left, without the monitor time.";
  readonly versions: readonly string[];
  readonly pids: readonly number[] = [];
  private readonly engine: Docker;
  private balancer: Balancer | null = null;
  private stateful = false;
  private variant: Variant = "v1";
  private before: Variant = "v1";

  private constructor(engine: Docker, version: string) {
    this.engine = engine;
    this.versions = [`Docker Engine ${version} in swarm mode`];
  }

  static async open(engine: Docker): Promise<Swarm> {
    // What a race that was killed has left on the lab's own engine.
    if ((await docker("info", "--format", "{{.Swarm.LocalNodeState}}")).trim() !== "inactive") await leave();
    await removeGateway();
    // The name is one for the whole machine, and this one would be somebody else's.
    if (existsSync(`/sys/class/net/${GATEWAY}`)) throw new Error(`${GATEWAY} is there already: another swarm runs on this machine`);
    const listen = `127.0.0.1:${await freePort()}`;
    await docker("swarm", "init", "--advertise-addr", listen, "--listen-addr", listen);
    return new Swarm(engine, (await docker("version", "--format", "{{.Server.Version}}")).trim());
  }

  async up(service: Service): Promise<string> {
    this.stateful = service.stateful;
    this.variant = "v1";
    const balancer = await Balancer.of(`tasks.${NAME}`, service.stateful);
    this.balancer = balancer;
    await docker("network", "create", "--driver", "overlay", "--attachable", NAME);
    const moves = [
      ...["--update-order", service.stateful ? "stop-first" : "start-first", "--update-parallelism", "1"],
      ...["--update-delay", "0s", "--update-monitor", "100ms"],
    ];
    const health = ["--health-cmd", HEALTH, "--health-interval", "500ms", "--health-start-period", "30s"];
    const environment = Object.entries(environmentOf(service)).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
    const volume = service.stateful ? ["--mount", `type=volume,source=${NAME},target=/data`] : [];
    const how = ["--network", NAME, "--endpoint-mode", "dnsrr", "--replicas", String(service.replicas), ...moves, ...health];
    const quietly = ["--detach", "--quiet", "--no-resolve-image"];
    await docker("service", "create", ...quietly, "--name", NAME, ...how, ...environment, ...volume, await this.image("v1"));
    const ports = balancer.ports.flatMap((port) => ["-p", port]);
    const front = ["-d", "--name", `${NAME}-front`, "--network", NAME, ...ports, "-v", balancer.volume];
    await docker("run", ...front, BALANCER_IMAGE, ...balancer.command);
    await balancer.untilUp(service.replicas);
    return balancer.url;
  }

  async deploy(variant: Variant): Promise<void> {
    [this.before, this.variant] = [this.variant, variant];
    await docker("service", "update", "--detach", "--quiet", "--no-resolve-image", "--image", await this.image(variant), NAME);
  }

  async redeploy(): Promise<void> {
    await docker("service", "update", "--detach", "--quiet", "--no-resolve-image", "--force", NAME);
  }

  rollback(): Promise<void> {
    return this.deploy(this.before);
  }

  async settled(): Promise<void> {
    const state = await until(
      "Swarm to have ended its update",
      async () => {
        const said = (await docker("service", "inspect", NAME, "--format", "{{.UpdateStatus.State}}")).trim();
        return said !== "updating" && said;
      },
      WAIT_MS,
    );
    if (state !== "completed") throw new Error(`Swarm's update ended as ${state}`);
  }

  async down(): Promise<void> {
    await docker("service", "rm", NAME);
    await docker("rm", "-f", `${NAME}-front`);
    await until(
      "Swarm's containers to be gone",
      async () => (await docker("ps", "-aq", "--filter", `label=com.docker.swarm.service.name=${NAME}`)).trim() === "",
      WAIT_MS,
    );
    if (this.stateful) await docker("volume", "rm", NAME);
    await until("the overlay network to be free", async () => (await docker("network", "rm", NAME)) !== "", WAIT_MS);
    await until(
      "the overlay network to be gone",
      async () => !(await docker("network", "ls", "--format", "{{.Name}}")).includes(NAME),
      WAIT_MS,
    );
    this.balancer?.close();
    this.balancer = null;
  }

  async close(): Promise<void> {
    if (this.balancer !== null) await this.down();
    await leave();
  }

  private async image(variant: Variant): Promise<string> {
    const id = await imageId(this.engine, rude(variant));
    if (id === null) throw new Error(`${rude(variant)} is not in the engine`);
    return id;
  }
}

async function leave(): Promise<void> {
  await docker("swarm", "leave", "--force");
  await removeGateway();
}

/** The engine makes it with the swarm, in its own time, and does not remove it. */
async function removeGateway(): Promise<void> {
  await until(`${GATEWAY} to be gone`, async () => {
    if (!(await docker("network", "ls", "--format", "{{.Name}}")).split("\n").includes(GATEWAY)) return true;
    await docker("network", "rm", GATEWAY);
    return false;
  });
}
