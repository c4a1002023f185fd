import { setTimeout as wait } from "node:timers/promises";
import type Docker from "dockerode";
import { InstarError } from "../../errors.ts";
import { apiAtLeast } from "../../lib/api-version.ts";
import type { Blueprint, Engine, EngineInstance } from "../../reconcile/ports.ts";
import { containerBody, endpoint } from "./body.ts";
import type { DockerClient } from "./client.ts";
import { orMissing, refused } from "./failure.ts";
import { inTime, WITHHELD } from "./in-time.ts";
import { type Inspects, rememberInspects } from "./inspects.ts";
import { LABEL, proveOurs } from "./labels.ts";
import { isBuilt, labelsOf, nameOf, neverStarted, observe, observeListed, observeRestarting } from "./observation.ts";
import { signalProcess } from "./signalling.ts";

type Inspect = Docker.ContainerInspectInfo;

/** An inspect that takes longer is withheld: the engine works on the container, as on one whose mount hangs. */
const INSPECT_MS = 5_000;
/** Inspects asked of the engine at once. */
const AT_ONCE = 16;
const REMOVAL_LIMIT_MS = 30_000;

export type Containers = Pick<Engine, "instances" | "instance" | "create" | "start" | "stop" | "signal" | "remove"> & {
  readonly inspects: Inspects;
};

/** `imageFor` answers what the engine calls the image now, or raises INS3004. */
export const dockerContainers = (
  client: DockerClient,
  installation: string,
  imageFor: (image: Blueprint["image"]) => Promise<string>,
): Containers => {
  const inspect = (nameOrId: string): Promise<Inspect | null> =>
    orMissing(client.ask<Inspect>("GET", `/containers/${encodeURIComponent(nameOrId)}/json`));
  const inspects = rememberInspects(inspect);
  const timely = inTime<string, [state: string, status: string], Inspect | null>(INSPECT_MS);

  /** The container of this name if it is there, ownership proved. */
  const owned = async (name: string): Promise<Inspect | null> => {
    const found = await inspect(name);
    if (found !== null) proveOurs(`the container ${name}`, labelsOf(found), installation);
    return found;
  };

  /** One that vanished between list and inspect is left out. */
  const look = async (entry: Docker.ContainerInfo): Promise<EngineInstance | null> => {
    // While the engine starts it again, its inspect is held back.
    if (entry.State === "restarting") return observeRestarting(entry);
    const inspected = await timely(entry.Id, inspects.read, entry.State, entry.Status);
    if (inspected === WITHHELD) return asListed(entry);
    return inspected === null ? null : observe(inspected);
  };

  const asListed = (entry: Docker.ContainerInfo): EngineInstance | null => {
    const seen = observeListed(entry);
    return seen === null ? null : { ...seen, withheld: true };
  };

  const instances: Engine["instances"] = async (of = {}, roughly = new Set()) => {
    const label = [`${LABEL.installation}=${installation}`, LABEL.slot];
    if (of.stack !== undefined) label.push(`${LABEL.stack}=${of.stack}`);
    if (of.service !== undefined) label.push(`${LABEL.service}=${of.service}`);
    const listed = await client.ask<Docker.ContainerInfo[]>("GET", "/containers/json", { query: { all: true, filters: { label } } });
    const found: EngineInstance[] = [];
    const queue = listed.values();
    const worker = async (): Promise<void> => {
      for (const entry of queue) {
        const seen = roughly === "all" || roughly.has(nameOf(entry)) ? observeListed(entry) : await look(entry);
        if (seen !== null) found.push(seen);
      }
    };
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, listed.length) }, worker));
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  };

  const instance: Engine["instance"] = async (name) => {
    const found = await inspect(name);
    return found === null || labelsOf(found)[LABEL.installation] !== installation ? null : observe(found);
  };

  const remove: Engine["remove"] = async (name) => {
    const found = await owned(name);
    if (found === null) return;
    inspects.touch(found.Id);
    try {
      await orMissing(client.ask("DELETE", `/containers/${found.Id}`, { query: { v: false, force: false } }));
    } catch (error) {
      if (!(refused(error, 409) && /already in progress/.test(error.message))) throw error;
      await gone(found.Id, name);
    }
  };

  const gone = async (id: string, name: string): Promise<void> => {
    for (let waited = 0, pause = 10; waited < REMOVAL_LIMIT_MS; waited += pause, pause = Math.min(pause * 2, 500)) {
      if ((await inspect(id)) === null) return;
      await wait(pause);
    }
    throw new InstarError("INS3005", `the engine has been removing ${name} for ${REMOVAL_LIMIT_MS / 1000} s`);
  };

  /** Answers the id of one that can be used as it is; clears away what cannot. null: the name is free. */
  const earlier = async (blueprint: Blueprint): Promise<string | null> => {
    const found = await inspect(blueprint.name);
    if (found === null) return null;
    const seen = labelsOf(found)[LABEL.installation] === installation ? observe(found) : null;
    if (seen === null || seen.stack !== blueprint.stack || seen.service !== blueprint.service) {
      const owner = seen === null ? "a container that is not ours" : `an instance of ${seen.stack}/${seen.service}`;
      throw new InstarError("INS3003", `the name ${blueprint.name} is taken by ${owner}`);
    }
    if (!neverStarted(found)) return found.Id;
    if (isBuilt(found) && seen.instanceHash === blueprint.instanceHash) return found.Id;
    await remove(blueprint.name);
    return null;
  };

  const create: Engine["create"] = async (blueprint) => {
    let image = blueprint.image.runnable;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await build(blueprint, image);
      } catch (error) {
        if (attempt === 4) throw error;
        if (refused(error, 404) && /no such image/i.test(error.message)) {
          image = await imageFor(blueprint.image);
        } else if (refused(error, 409) && /already in use/.test(error.message)) {
          const id = await earlier(blueprint);
          if (id !== null) return id;
        } else throw error;
      }
    }
  };

  const build = async (blueprint: Blueprint, image: string): Promise<string> => {
    const body = containerBody(blueprint, installation, await client.apiVersion(), image);
    const { Id } = await client.ask<{ Id: string }>("POST", "/containers/create", { query: { name: blueprint.name }, body });
    // API 1.41 takes one network at create; the others are connected before the first start.
    for (const network of blueprint.networks.slice(1)) {
      await client.ask("POST", `/networks/${encodeURIComponent(network.name)}/connect`, {
        body: { Container: Id, EndpointConfig: endpoint(network) },
      });
    }
    inspects.touch(Id);
    return Id;
  };

  const start: Engine["start"] = async (name) => {
    const found = await owned(name);
    if (found === null) throw new InstarError("INS3005", `the container ${name} is gone`);
    if (found.State.Running) return;
    inspects.touch(found.Id);
    try {
      await client.ask("POST", `/containers/${found.Id}/start`);
    } finally {
      inspects.touch(found.Id);
    }
  };

  const stop: Engine["stop"] = async (name, how) => {
    const found = await owned(name);
    if (found === null) return;
    inspects.touch(found.Id);
    const named = how.signal !== null && apiAtLeast(await client.apiVersion(), "1.42") ? { signal: how.signal } : {};
    try {
      // 304 (not running) and 404 (gone meanwhile) are what was wanted.
      await orMissing(client.ask("POST", `/containers/${found.Id}/stop`, { query: { t: Math.ceil(how.graceMs / 1000), ...named } }));
    } finally {
      inspects.touch(found.Id);
    }
  };

  const signal: Engine["signal"] = async (name, signal) => {
    const found = await owned(name);
    if (found === null) throw new InstarError("INS3005", `the container ${name} is gone`);
    if (!found.State.Running) throw new InstarError("INS3005", `the container ${name} is not running`);
    if (await signalProcess(found.State.Pid, found.Id, signal)) return;
    // A daemon in a PID namespace of its own.
    await client.ask("POST", `/containers/${found.Id}/kill`, { query: { signal } });
  };

  return { instances, instance, create, start, stop, signal, remove, inspects };
};
