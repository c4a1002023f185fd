import { InstarError } from "../../src/errors.ts";
import type { ProjectContainer, Projects } from "../../src/reconcile/project.ts";

const PLAIN: Omit<ProjectContainer, "id" | "name" | "service"> = {
  number: 1,
  running: true,
  image: "old:1",
  restart: { name: "unless-stopped", maxAttempts: 0 },
  stopGraceMs: 10_000,
  ports: [],
  mounts: [],
  networks: [],
};

/** The Compose projects of a simulated engine. */
export class FakeProjects implements Projects {
  /** Project → its containers by id. */
  readonly there = new Map<string, Map<string, ProjectContainer>>();
  /** What was done to them, oldest first. */
  readonly done: string[] = [];

  add(project: string, service: string, given: Partial<ProjectContainer> = {}): ProjectContainer {
    const name = `${project}-${service}-${given.number ?? 1}`;
    const container = { ...PLAIN, id: `id-${name}`, name, service, ...given };
    const all = this.there.get(project) ?? new Map<string, ProjectContainer>();
    this.there.set(project, all.set(container.id, container));
    return container;
  }

  running(project: string): string[] {
    return [...(this.there.get(project)?.values() ?? [])].filter(({ running }) => running).map(({ name }) => name);
  }

  project: Projects["project"] = async (name) => {
    const all = this.there.get(name);
    return all === undefined || all.size === 0
      ? null
      : { name, files: ["/srv/compose.yaml"], folder: "/srv", containers: [...all.values()] };
  };

  runningOf: Projects["runningOf"] = async (project) =>
    new Set([...(this.there.get(project)?.values() ?? [])].filter(({ running }) => running).map(({ id }) => id));

  retire: Projects["retire"] = async (project, { id }) =>
    this.change("retire", project, id, { running: false, restart: { name: "no", maxAttempts: 0 } });

  revive: Projects["revive"] = async (project, { id, restart }) => this.change("revive", project, id, { running: true, restart });

  attach: Projects["attach"] = async (project, id, network) => {
    const { networks } = this.member(project, id);
    if (!networks.includes(network)) this.change("attach", project, id, { networks: [...networks, network] });
  };

  detach: Projects["detach"] = async (project, id, network) => {
    const { networks } = this.member(project, id);
    this.change("detach", project, id, { networks: networks.filter((one) => one !== network) });
  };

  discard: Projects["discard"] = async (project, id) => {
    if (this.member(project, id).running) throw new InstarError("INS3002", `the container ${id} runs: it is left alone`);
    this.there.get(project)?.delete(id);
    this.done.push(`discard ${id}`);
  };

  private member(project: string, id: string): ProjectContainer {
    const found = this.there.get(project)?.get(id);
    if (found === undefined) throw new InstarError("INS3002", `the container ${id} is not of the Compose project ${project}`);
    return found;
  }

  private change(what: string, project: string, id: string, change: Partial<ProjectContainer>): void {
    this.there.get(project)?.set(id, { ...this.member(project, id), ...change });
    this.done.push(`${what} ${id}`);
  }
}
