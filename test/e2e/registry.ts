import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type Docker from "dockerode";
import { rude, type Variant } from "../apps/images.ts";
import { freePort } from "./ports.ts";
import { until } from "./until.ts";

/** Debian's docker-registry on loopback. Every push and pull is told to `notify`, where one is given. */
export class RealRegistry {
  readonly domain: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "instar-e2e-registry-"));
  readonly #manifests = new Map<Variant, { readonly bytes: ArrayBuffer; readonly type: string }>();
  #end: (() => Promise<void>) | null = null;

  private constructor(port: number, notify: string | null) {
    this.domain = `127.0.0.1:${port}`;
    const endpoint = { name: "test", url: notify, timeout: "1s", threshold: 3, backoff: "1s" };
    const config = {
      version: 0.1,
      log: { level: "error", accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: join(this.#folder, "storage") }, delete: { enabled: true } },
      http: { addr: this.domain },
      ...(notify === null ? {} : { notifications: { endpoints: [endpoint] } }),
    };
    writeFileSync(join(this.#folder, "config.yml"), JSON.stringify(config));
  }

  static async open(notify: string | null = null): Promise<RealRegistry> {
    const registry = new RealRegistry(await freePort(), notify);
    await registry.start();
    return registry;
  }

  async start(): Promise<void> {
    const server = spawn("docker-registry", ["serve", join(this.#folder, "config.yml")], { stdio: "ignore" });
    const ended = once(server, "close");
    this.#end = async () => {
      server.kill("SIGTERM");
      await ended;
    };
    process.once("exit", () => server.kill("SIGKILL"));
    await until("the registry to answer", async () => (await fetch(`http://${this.domain}/v2/`)).ok);
  }

  async stop(): Promise<void> {
    await this.#end?.();
    this.#end = null;
  }

  /** Its images leave the engine too. */
  async close(docker: Docker): Promise<void> {
    await this.stop();
    for (const { RepoTags, RepoDigests } of await docker.listImages())
      for (const name of [...(RepoTags ?? []), ...(RepoDigests ?? [])])
        if (name.startsWith(`${this.domain}/`)) await removeImage(docker, name);
    rmSync(this.#folder, { recursive: true });
  }

  /** Lets the tag mean a variant that was pushed before: one request, as fast as a registry takes them. */
  async point(tag: string, variant: Variant): Promise<void> {
    const { bytes, type } = this.#manifests.get(variant) ?? { bytes: new ArrayBuffer(0), type: "" };
    const path = `http://${this.domain}/v2/shop/web/manifests/${tag}`;
    const answer = await fetch(path, { method: "PUT", body: bytes, headers: { "content-type": type } });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  }

  /** Pushes a variant of the rude application; returns the digest of its manifest. */
  async push(docker: Docker, variant: Variant, tag: string): Promise<string> {
    const [repo, version] = [`${this.domain}/shop/web`, tag];
    await docker.getImage(rude(variant)).tag({ repo, tag: version });
    const stream = await docker
      .getImage(`${repo}:${version}`)
      .push({ authconfig: { username: "", password: "", serveraddress: this.domain } });
    const lines = await new Promise<{ error?: string; aux?: { Digest?: string } }[]>((resolve, reject) => {
      docker.modem.followProgress(stream, (error: Error | null, all: { error?: string; aux?: { Digest?: string } }[]) =>
        error === null ? resolve(all) : reject(error),
      );
    });
    const failed = lines.find((line) => line.error !== undefined);
    if (failed !== undefined) throw new Error(failed.error);
    const digest = lines.find((line) => line.aux?.Digest !== undefined)?.aux?.Digest ?? "";
    const type = "application/vnd.docker.distribution.manifest.v2+json";
    const manifest = await fetch(`http://${this.domain}/v2/shop/web/manifests/${digest}`, { headers: { accept: type } });
    this.#manifests.set(variant, { bytes: await manifest.arrayBuffer(), type });
    return digest;
  }
}

/** One name; gone already, with another one of its repository, is well. */
export async function removeImage(docker: Docker, name: string): Promise<void> {
  try {
    await docker.getImage(name).remove({ force: false });
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
}
