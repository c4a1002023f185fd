import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import { InstarError } from "../errors.ts";
import { TellingAgent } from "../lib/telling-agent.ts";
import { MOUNT } from "./generation.ts";
import { mountedAs } from "./place.ts";
import { supervised } from "./supervise.ts";

const OWNER = "dev.instar.installation";
/** The generation's number, or PROBE. */
const ROLE = "dev.instar.router";
const PROBE = "probe";
/** On every instance, and on nothing else. */
const SLOT = "dev.instar.slot";
/** Where the daemon keeps its data: whoever finds the container without its daemon sees whether that is lost. */
const HOME = "dev.instar.home";

const SMALLEST_STOP_S = 1;

/** A router container of this installation, in whatever state. */
export interface RouterContainer {
  readonly id: string;
  readonly generation: number;
  /** Running, or about to be started again by the engine. */
  readonly running: boolean;
}

export interface ContainerOptions {
  readonly socketPath: string;
  readonly image: string;
  readonly installation: string;
  /** $INSTAR_HOME, and `router` in it. */
  readonly home: string;
  readonly directory: string;
}

/** The engine as far as the router's own containers need it. Raises INS3001, INS4004. */
export class Containers {
  readonly #docker: Docker;
  readonly #options: ContainerOptions;

  constructor(options: ContainerOptions) {
    const dial: Docker.DockerOptions & { readonly agent: TellingAgent } = { socketPath: options.socketPath, agent: new TellingAgent() };
    this.#docker = new Docker(dial);
    this.#options = options;
  }

  async list(): Promise<readonly RouterContainer[]> {
    const found = await this.#engine(() =>
      this.#docker.listContainers({ all: true, filters: { label: [`${OWNER}=${this.#options.installation}`, ROLE] } }),
    );
    return found
      .map((row) => ({ row, generation: Number(row.Labels[ROLE]) }))
      .filter(({ row, generation }) => generation > 0 && this.#isOurs(row, String(generation)))
      .map(({ row, generation }) => ({ id: row.Id, generation, running: row.State === "running" || row.State === "restarting" }))
      .sort((a, b) => b.generation - a.generation);
  }

  /** What the image says to `haproxy -v`, and the file limit a container really gets here. */
  async probe(): Promise<{ readonly version: string; readonly files: number }> {
    await this.#removeProbes();
    const said = await this.#once(["sh", "-c", "ulimit -Hn; haproxy -v"]);
    const [files = "", ...version] = said.split("\n");
    return { version: version.join("\n"), files: files.trim() === "unlimited" ? Number.MAX_SAFE_INTEGER : Number(files) };
  }

  /** The volume of the router's files, made when it is not there: where the host has it. Raises INS3003. */
  async volume(): Promise<string> {
    const Labels = { [OWNER]: this.#options.installation };
    const Name = this.#volumeName;
    await this.#engine(() => this.#docker.createVolume({ Name, Labels }));
    const { Labels: seen, Mountpoint } = await this.#engine(() => this.#docker.getVolume(Name).inspect());
    if (seen?.[OWNER] !== this.#options.installation) throw new InstarError("INS3003", `the volume ${Name} is someone else's`);
    return Mountpoint;
  }

  async removeVolume(): Promise<void> {
    const { Volumes } = await this.#engine(() =>
      this.#docker.listVolumes({ filters: { label: [`${OWNER}=${this.#options.installation}`] } }),
    );
    if (Volumes.some(({ Name }) => Name === this.#volumeName))
      await this.#engine(() => this.#docker.getVolume(this.#volumeName).remove(), [404]);
  }

  get #volumeName(): string {
    return `instar-router-${this.#options.installation}`;
  }

  /** `takeFrom`: the stats socket of the router whose listening sockets it takes over. */
  async start(generation: number, runDir: string, takeFrom: string | null): Promise<string> {
    const source = await mountedAs(this.#options.directory, this.#volumeName);
    const container = await this.#engine(() =>
      this.#docker.createContainer({
        ...this.#common(),
        name: this.#nameOf(String(generation)),
        Labels: { [OWNER]: this.#options.installation, [ROLE]: String(generation), [HOME]: this.#options.home },
        Cmd: supervised([
          "-W",
          "-S",
          `${runDir}/master.sock`,
          ...(takeFrom === null ? [] : ["-x", takeFrom]),
          "-f",
          `${runDir}/haproxy.cfg`,
        ]),
        HostConfig: {
          ...this.#confinement(),
          NetworkMode: "host",
          RestartPolicy: { Name: "unless-stopped" },
          Binds: [`${source}:${MOUNT}`],
          LogConfig: { Type: "local", Config: { "max-size": "10m", "max-file": "3" } },
        },
      }),
    );
    await this.#engine(() => container.start());
    return container.id;
  }

  /** Sends a signal. The engine takes it as a stop by hand: the container is not started again when it ends. */
  async signal(id: string, signal: "SIGUSR1" | "SIGTERM"): Promise<void> {
    await this.#engine(() => this.#docker.getContainer(id).kill({ signal }), [404, 409]);
  }

  async stop(id: string): Promise<void> {
    await this.#engine(() => this.#docker.getContainer(id).stop({ t: SMALLEST_STOP_S }), [304, 404]);
  }

  /** Missing is success. */
  async remove(id: string): Promise<void> {
    await this.#engine(() => this.#docker.getContainer(id).remove({ force: true }), [404, 409]);
  }

  /** Resolves when the container has ended, or when it is not there. */
  async ended(id: string): Promise<void> {
    await this.#engine(() => this.#docker.getContainer(id).wait(), [404]);
  }

  /** Resolves at the container's next end, a restart by the engine included. */
  async nextEnd(id: string, signal: AbortSignal): Promise<void> {
    await this.#engine(() => this.#docker.getContainer(id).wait({ condition: "next-exit", abortSignal: signal }));
  }

  /** Running, or about to be started again by the engine. */
  async isAlive(id: string): Promise<boolean> {
    const found = await this.#engine(() => this.#docker.getContainer(id).inspect(), [404]);
    return found?.State.Running === true || found?.State.Restarting === true;
  }

  /** Running, and never restarted by the engine: a fresh one that was is failing. */
  async isSound(id: string): Promise<boolean> {
    const found = await this.#engine(() => this.#docker.getContainer(id).inspect(), [404]);
    return found?.State.Running === true && !found.State.Restarting && found.RestartCount === 0;
  }

  /** The container's last words, for the message of an error. */
  async tail(id: string, lines: number): Promise<string> {
    const raw = await this.#engine(() => this.#docker.getContainer(id).logs({ stdout: true, stderr: true, tail: lines }), [404]);
    return raw === null ? "" : unframed(raw).payload;
  }

  /** A shell inside the router, kept open: what it is told is one line, what it answers is one line. */
  async shell(id: string, script: string): Promise<NodeJS.ReadWriteStream> {
    return this.#engine(async () => {
      const exec = await this.#docker
        .getContainer(id)
        .exec({ Cmd: ["sh", "-c", script], AttachStdin: true, AttachStdout: true, Tty: false });
      return exec.start({ hijack: true, stdin: true });
    });
  }

  /** Left by a process that was killed while it probed. */
  async #removeProbes(): Promise<void> {
    const left = await this.#engine(() =>
      this.#docker.listContainers({ all: true, filters: { label: [`${OWNER}=${this.#options.installation}`, `${ROLE}=${PROBE}`] } }),
    );
    for (const row of left) if (this.#isOurs(row, `${PROBE}-[0-9a-f]{8}`)) await this.remove(row.Id);
  }

  #nameOf(which: string): string {
    return `instar-router-${this.#options.installation.slice(0, 8)}-${which}`;
  }

  /** An image's own labels are on its containers too: they alone prove nothing, the name and what an instance has do. `which`: a pattern. */
  #isOurs({ Names, Labels }: Docker.ContainerInfo, which: string): boolean {
    const name = new RegExp(`^/${this.#nameOf(which)}$`);
    return Labels[SLOT] === undefined && Names.some((one) => name.test(one));
  }

  async #once(command: readonly string[]): Promise<string> {
    const container = await this.#engine(() =>
      this.#docker.createContainer({
        ...this.#common(),
        name: this.#nameOf(`${PROBE}-${randomBytes(4).toString("hex")}`),
        Labels: { [OWNER]: this.#options.installation, [ROLE]: PROBE },
        Cmd: [...command],
        HostConfig: { ...this.#confinement(), NetworkMode: "none", LogConfig: { Type: "local", Config: {} } },
      }),
    );
    try {
      await this.#engine(() => container.start());
      await this.ended(container.id);
      return await this.tail(container.id, 20);
    } finally {
      await this.remove(container.id);
    }
  }

  #common(): { readonly Image: string; readonly User: string } {
    return { Image: this.#options.image, User: "root" };
  }

  /**
   * SETUID and SETGID for the worker to become `haproxy`, NET_BIND_SERVICE for ports below 1024, KILL for the
   * master to tell a worker of another user to stop: without it a reload leaves the old worker serving.
   */
  #confinement(): Docker.HostConfig {
    return { CapDrop: ["ALL"], CapAdd: ["NET_BIND_SERVICE", "SETUID", "SETGID", "KILL"], SecurityOpt: ["no-new-privileges"] };
  }

  async #engine<T>(call: () => Promise<T>): Promise<T>;
  async #engine<T>(call: () => Promise<T>, fine: readonly number[]): Promise<T | null>;
  async #engine<T>(call: () => Promise<T>, fine: readonly number[] = []): Promise<T | null> {
    try {
      return await call();
    } catch (cause) {
      const status = (cause as { statusCode?: number }).statusCode;
      if (status !== undefined && fine.includes(status)) return null;
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (status === undefined)
        throw new InstarError("INS3001", `the engine does not answer on ${this.#options.socketPath}: ${reason}`, { cause });
      if (status === 404 && /no such image/i.test(reason))
        throw new InstarError("INS4004", `there is no image ${this.#options.image}`, { cause });
      if (status === 409 && /already in use/i.test(reason))
        throw new InstarError("INS3003", `a container of someone else has the router's name: ${reason}`, { cause });
      throw new InstarError("INS3005", `the engine refused: ${reason}`, { cause });
    }
  }
}

/** Takes the 8-byte frame headers out of an engine stream (Engine API, "attach", stream format); `rest` is not whole yet. */
export function unframed(raw: Buffer): { readonly payload: string; readonly rest: Buffer } {
  const parts: Buffer[] = [];
  let offset = 0;
  while (offset + 8 <= raw.length) {
    const end = offset + 8 + raw.readUInt32BE(offset + 4);
    if (end > raw.length) break;
    parts.push(raw.subarray(offset + 8, end));
    offset = end;
  }
  return { payload: Buffer.concat(parts).toString("utf8"), rest: raw.subarray(offset) };
}
