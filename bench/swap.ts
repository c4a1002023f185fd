import type Docker from "dockerode";
import type { DeploymentView } from "../src/reconcile/control.ts";
import { ensureServer, VERDACCIO } from "../test/apps/servers.ts";
import type { Installation } from "../test/e2e/installation.ts";
import { freePort } from "../test/e2e/ports.ts";
import { type Figure, median } from "./figure.ts";
import { answers, LABEL } from "./floor.ts";

const ROUNDS = 5;
const PORT = 4873;
const PATH = "/verdaccio";

/** One writer after the other on the same volume, through the engine's API alone. */
class SwapFloor {
  private readonly docker: Docker;
  private readonly name = `instar-bench-swap-${process.pid}`;
  private running: Docker.Container | null = null;

  constructor(docker: Docker) {
    this.docker = docker;
  }

  /** The first one, answering. */
  async prepare(): Promise<void> {
    await this.docker.createNetwork({ Name: this.name, Driver: "bridge", Labels: { [LABEL]: "1" } });
    await this.docker.createVolume({ Name: this.name, Labels: { [LABEL]: "1" } });
    this.running = await this.create();
    await this.start(this.running);
  }

  /** Milliseconds from the stop to the first answer of the successor, which is created before. */
  async swap(): Promise<number> {
    const successor = await this.create();
    const began = performance.now();
    await this.running?.stop({ t: 10 });
    await this.start(successor);
    const took = performance.now() - began;
    await this.running?.remove();
    this.running = successor;
    return took;
  }

  async remove(): Promise<void> {
    await this.running?.remove({ force: true });
    await this.docker.getVolume(this.name).remove();
    await this.docker.getNetwork(this.name).remove();
  }

  private create(): Promise<Docker.Container> {
    return this.docker.createContainer({
      Image: VERDACCIO,
      Labels: { [LABEL]: "1" },
      HostConfig: {
        NetworkMode: this.name,
        Binds: [`${this.name}:${PATH}`],
        LogConfig: { Type: "local", Config: { "max-size": "10m", "max-file": "3" } },
      },
    });
  }

  private async start(container: Docker.Container): Promise<void> {
    await container.start();
    const seen = await container.inspect();
    const url = `http://${seen.NetworkSettings.Networks[this.name]?.IPAddress}:${PORT}/-/ping`;
    while (!(await answers(url))) await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** The pause that a stop-first deployment of a real application records, beside its floor, in turns. */
export async function swapFigure(instar: Installation): Promise<Figure> {
  await ensureServer(instar.docker, VERDACCIO);
  const registry = {
    image: VERDACCIO,
    ports: [{ target: PORT, published: String(await freePort()), app_protocol: "http" }],
    volumes: [`packages:${PATH}`],
    "x-instar": { ready: { http: "/-/ping" } },
  };
  await instar.apply("swap", { services: { registry }, volumes: { packages: {} } });
  const floor = new SwapFloor(instar.docker);
  await floor.prepare();
  const floors: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    floors.push(await floor.swap());
    ours.push(longestPause(await instar.moved("redeploy", "swap/registry")));
  }
  await floor.remove();
  await instar.json("down", "swap");
  const from = { "instar ms": median(ours), "floor ms": median(floors) };
  return { name: "pause of a stop-first swap of Verdaccio, × floor", value: median(ours) / median(floors), unit: "×", atMost: 1.3, from };
}

function longestPause({ id, pauses }: DeploymentView): number {
  if (pauses.length === 0) throw new Error(`${id} records no pause`);
  return Math.max(...pauses.map(({ ms }) => ms));
}
