/**
 * A container of a Compose project, which is foreign until it is adopted: it is stopped for good, or started again, on the
 * user's command, and its label `com.docker.compose.project` proves which project it is of.
 */
export interface ProjectContainer {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  /** `com.docker.compose.container-number`, from 1. */
  readonly number: number;
  readonly running: boolean;
  /** What `docker compose` ran, as the container names it. */
  readonly image: string;
  readonly restart: { readonly name: string; readonly maxAttempts: number };
  readonly stopGraceMs: number;
  /** Host ports that the engine binds for it. */
  readonly ports: readonly number[];
  readonly mounts: readonly {
    readonly kind: "volume" | "bind";
    readonly source: string;
    readonly target: string;
    readonly readOnly: boolean;
  }[];
  readonly networks: readonly string[];
}

export interface Project {
  readonly name: string;
  /** The files and the folder it was started from, as its labels say. */
  readonly files: readonly string[];
  readonly folder: string | null;
  /** One-off containers (`docker compose run`) left out; sorted by service and number. */
  readonly containers: readonly ProjectContainer[];
}

/** The calls that change one raise INS3002 when the container is not of that project. */
export interface Projects {
  /** null: no container carries the label. */
  project(name: string): Promise<Project | null>;
  /** Ids of those that run. */
  runningOf(project: string): Promise<ReadonlySet<string>>;
  /** Ends its restart policy, then stops it: nothing brings it back by itself. Repeating it is success. */
  retire(project: string, container: { readonly id: string; readonly stopGraceMs: number }): Promise<void>;
  /** Gives it its restart policy back and starts it. */
  revive(project: string, container: Pick<ProjectContainer, "id" | "restart">): Promise<void>;
  /** Lets it reach, and be reached, on a network of ours while both stand side by side. */
  attach(project: string, id: string, network: string, aliases: readonly string[]): Promise<void>;
  detach(project: string, id: string, network: string): Promise<void>;
  /** Removes the stopped container; its volumes stay. */
  discard(project: string, id: string): Promise<void>;
}
