import { InstarError } from "../errors.ts";
import type { Cli, Exit } from "./cli.ts";
import { answer, type Client, type Deployment, type Instance } from "./client.ts";
import { liveView } from "./live.ts";
import { plainView } from "./plain.ts";
import { failureOf, hasFailed, tell } from "./verdict.ts";

/** How often to look without an event: what an event says is only "look". */
const LOOK_MS = 1000;
/** How long the daemon may be away (an upgrade, a crash) before following ends. */
const PATIENCE_MS = 120_000;

export interface View {
  update(deployments: readonly Deployment[], instances: readonly Instance[]): void;
  /** The daemon does not answer at present. */
  away(): void;
  end(): void;
}

/**
 * Shows deployments until they have ended and prints the verdict. Returns 0 when all succeeded, 1 when one
 * did not, 130 on Ctrl-C, which only detaches.
 */
export async function follow(cli: Cli, client: Client, begun: readonly Deployment[], more: object = {}, detach = false): Promise<Exit> {
  let last = begun;
  if (!detach && begun.some((d) => d.outcome === "running")) {
    const view = cli.json ? null : cli.tty ? liveView(cli.paint, process.stdout) : plainView(cli);
    const left = new AbortController();
    const interrupt = () => left.abort();
    process.once("SIGINT", interrupt);
    try {
      last = await watch(client, begun, view, left.signal);
    } finally {
      process.off("SIGINT", interrupt);
      view?.end();
    }
    if (left.signal.aborted) {
      const ids = last.filter((d) => d.outcome === "running").map((d) => d.id);
      if (cli.json) cli.document({ deployments: last, ...more });
      cli.remark(
        `detached; ${ids.join(", ")} ${ids.length === 1 ? "goes" : "go"} on: instar history ${last[0]?.stack}/${last[0]?.service}`,
      );
      return 130;
    }
  }
  if (cli.json) {
    cli.document({ deployments: last, ...more });
    for (const deployment of last.filter(hasFailed)) cli.error(failureOf(deployment));
  } else for (const deployment of last) tell(cli, deployment);
  return last.every((d) => d.outcome === "succeeded" || d.outcome === "unchanged" || (detach && d.outcome === "running")) ? 0 : 1;
}

async function watch(client: Client, begun: readonly Deployment[], view: View | null, left: AbortSignal): Promise<readonly Deployment[]> {
  let last = begun;
  let heard: () => void = () => {};
  const done = new AbortController();
  const stop = () => {
    done.abort();
    heard();
  };
  left.addEventListener("abort", stop);
  let broken: unknown = null;
  const listening = listen(client, () => heard(), done.signal).catch((error: unknown) => {
    broken = error;
    stop();
  });
  let awaySince: number | null = null;
  try {
    while (!done.signal.aborted && last.some((d) => d.outcome === "running")) {
      const next = new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS);
        heard = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      try {
        last = await Promise.all(last.map((d) => (d.outcome === "running" ? look(client, d.id) : d)));
        view?.update(last, view === null ? [] : await instancesOf(client, last));
        awaySince = null;
      } catch (error) {
        if (!(error instanceof InstarError) || error.code !== "INS7001") throw error;
        awaySince ??= Date.now();
        if (Date.now() - awaySince > PATIENCE_MS) throw error;
        view?.away();
      }
      if (last.some((d) => d.outcome === "running")) await next;
      heard();
    }
  } finally {
    left.removeEventListener("abort", stop);
    done.abort();
    await listening;
  }
  if (broken !== null) throw broken;
  return last;
}

/** Calls `heard` for every event until `done`, connecting again when the daemon was away. */
async function listen(client: Client, heard: () => void, done: AbortSignal): Promise<void> {
  while (!done.aborted) {
    try {
      const init = { headers: { accept: "text/event-stream" }, signal: done };
      for await (const line of await client.stream("/v1/events", init)) if (line.startsWith("data:") || line.startsWith(":")) heard();
    } catch (error) {
      if (done.aborted) return;
      if (!(error instanceof InstarError) || error.code !== "INS7001") throw error;
    }
    if (!done.aborted) await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

async function look(client: Client, id: string): Promise<Deployment> {
  return (await answer(client.api.GET("/v1/deployments/{id}", { params: { path: { id } } }))).deployment;
}

async function instancesOf(client: Client, deployments: readonly Deployment[]): Promise<Instance[]> {
  const all = await Promise.all(
    deployments.map(({ stack, service }) => answer(client.api.GET("/v1/instances", { params: { query: { stack, service } } }))),
  );
  return all.flatMap((seen) => seen.instances);
}
