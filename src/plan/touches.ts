/** From what the engine told to what somebody did to an instance: which events mean a touch, and which are ordinary life. */

/** An event of the engine about one object. Instants in ms. */
export interface Heard {
  readonly at: number;
  readonly action: string;
  readonly kind: string;
  /** The object's id; a volume's name. */
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The command of an exec. */
  readonly detail?: string;
}

/** What is known of an instance when an event about it comes. */
export interface Watched {
  readonly id: string;
  readonly name: string;
  readonly stack: string;
  readonly service: string;
  /** Its healthcheck as the engine prints it in an event; null: it has none. */
  readonly healthcheck: string | null;
  /** Engine names of the volumes it mounts. */
  readonly volumes: readonly string[];
  /** Networks and volumes come and go by themselves around a start and an end. */
  readonly life: "created" | "running" | "ended";
  /** Of the life it has now. */
  readonly startedAt: number | null;
}

export interface Touch {
  readonly watched: Watched;
  readonly kind: "exec" | "copy" | "update" | "rename" | "pause" | "network" | "mount" | "restart";
  readonly detail: string;
  readonly at: number;
  readonly taints: boolean;
}

interface Row {
  readonly action: string;
  readonly kind: Touch["kind"];
  readonly taints: boolean;
  readonly detail: (heard: Heard) => string;
}

/** Events of the instance itself. What is not here (start, die, health_status, top …) is ordinary life. */
const ROWS: readonly Row[] = [
  // Not exec_create: until it is started nothing has run.
  { action: "exec_start", kind: "exec", taints: true, detail: ({ detail = "" }) => detail.trim() },
  { action: "extract-to-dir", kind: "copy", taints: true, detail: () => "files were copied into it" },
  // Reading changes nothing, but who keeps secrets in files wants to know.
  { action: "archive-path", kind: "copy", taints: false, detail: () => "files were copied out of it" },
  { action: "update", kind: "update", taints: true, detail: () => "its limits or its restart policy were changed" },
  { action: "rename", kind: "rename", taints: true, detail: ({ labels, name }) => `${bare(labels["oldName"] ?? "")} → ${bare(name)}` },
  { action: "pause", kind: "pause", taints: true, detail: () => "it was paused" },
  { action: "unpause", kind: "pause", taints: true, detail: () => "it was resumed" },
  // Whether it was restarted alone, and is worn, is told by its start (reconcile/look.ts).
  { action: "restart", kind: "restart", taints: false, detail: () => "it was restarted" },
];

const bare = (name: string): string => name.replace(/^\//, "");

/** @param ours is this container one of this installation, whatever its role? */
export function touchesOf(heard: Heard, watched: ReadonlyMap<string, Watched>, ours: (id: string) => boolean): Touch[] {
  if (heard.kind === "container") return one(ofContainer(heard, watched.get(heard.id)));
  if (heard.kind === "network") return one(ofNetwork(heard, watched.get(heard.labels["container"] ?? "")));
  if (heard.kind === "volume") return ofVolume(heard, [...watched.values()], ours);
  return [];
}

const one = (touch: Touch | null): Touch[] => (touch === null ? [] : [touch]);

function ofContainer(heard: Heard, watched: Watched | undefined): Touch | null {
  const row = ROWS.find(({ action }) => action === heard.action);
  if (row === undefined || watched === undefined) return null;
  // Its own CMD healthcheck is run by the engine as an exec like any other.
  if (heard.action === "exec_start" && watched.healthcheck !== null && heard.detail?.trim() === watched.healthcheck) return null;
  return { watched, kind: row.kind, detail: row.detail(heard), at: heard.at, taints: row.taints };
}

/** The engine connects and disconnects around each start and end; Instar connects before the first start. */
function ofNetwork(heard: Heard, watched: Watched | undefined): Touch | null {
  if (watched === undefined || watched.life !== "running" || heard.at < (watched.startedAt ?? 0)) return null;
  if (heard.action !== "connect" && heard.action !== "disconnect") return null;
  const detail = `${heard.action === "connect" ? "connected to" : "disconnected from"} ${heard.name}`;
  return { watched, kind: "network", detail, at: heard.at, taints: true };
}

/** Somebody else's container on a volume that instances of ours use; one that only reads taints nothing. */
function ofVolume(heard: Heard, all: readonly Watched[], ours: (id: string) => boolean): Touch[] {
  const container = heard.labels["container"] ?? "";
  if (heard.action !== "mount" || container === "" || ours(container)) return [];
  const writes = heard.labels["read/write"] !== "false";
  const detail = `the volume ${heard.name} was mounted ${writes ? "read-write" : "read-only"} by the container ${container.slice(0, 12)}`;
  return all
    .filter(({ volumes, life }) => life !== "ended" && volumes.includes(heard.name))
    .map((watched) => ({ watched, kind: "mount", detail, at: heard.at, taints: writes }));
}

/** `Config.Healthcheck.Test` as the engine prints it when it runs it; null for none. `shell`: the image's SHELL. */
export function healthcheckText(test: readonly string[], shell: readonly string[]): string | null {
  const [kind, ...words] = test;
  if (kind === "CMD") return words.join(" ").trim();
  if (kind === "CMD-SHELL") return [...(shell.length > 0 ? shell : ["/bin/sh", "-c"]), ...words].join(" ").trim();
  return null;
}
