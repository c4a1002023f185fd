import { readdirSync, readFileSync } from "node:fs";

const PAGE = 4096;
const EVERY_MS = 200;
/** Commands that the engine runs for a moment to make a container: neither container nor daemon. */
const PASSING = /^(runc|exe$)/;

export interface Seen {
  readonly pid: number;
  readonly parent: number;
  readonly program: string;
}

/**
 * Memory that is nobody else's (resident less shared, proc(5) statm) of an engine, its containers and further daemons, in MB.
 * What is shared is the files that all of them map anyway.
 */
export class Memory {
  private readonly folder: string;
  private readonly further: () => readonly number[];
  private peak = 0;
  private timer: NodeJS.Timeout | null = null;

  /** @param folder of the engine: a path that its daemon, its containerd and its shims name in their command lines */
  constructor(folder: string, further: () => readonly number[]) {
    this.folder = folder;
    this.further = further;
  }

  /** Now, in MB; the peak is watched from here on. */
  begin(): number {
    const before = this.now();
    this.peak = before;
    this.timer = setInterval(() => {
      this.peak = Math.max(this.peak, this.now());
    }, EVERY_MS);
    return before;
  }

  /** The peak since `begin`, in MB. */
  end(): number {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    return Math.max(this.peak, this.now());
  }

  private now(): number {
    const all = processes();
    const engine = all.filter(({ pid, program }) => /^(dockerd|containerd)/.test(program) && commandLine(pid).includes(`${this.folder}/`));
    const members = withDescendants(all, [...engine.map(({ pid }) => pid), ...this.further()]);
    return members.reduce((sum, pid) => sum + ownBytes(pid), 0) / 1e6;
  }
}

/** The pids of these processes and everything under them, without what only passes. */
export function withDescendants(all: readonly Seen[], roots: readonly number[]): readonly number[] {
  const children = new Map<number, Seen[]>();
  for (const one of all) children.set(one.parent, [...(children.get(one.parent) ?? []), one]);
  const found = new Set<number>();
  const visit = (pid: number): void => {
    if (found.has(pid)) return;
    found.add(pid);
    for (const child of children.get(pid) ?? []) if (!PASSING.test(child.program)) visit(child.pid);
  };
  for (const root of roots) visit(root);
  return [...found];
}

function processes(): readonly Seen[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`);
      const [, program = "", rest = ""] = /^\d+ \((.*)\) (.*)$/s.exec(stat) ?? [];
      return rest === "" ? [] : [{ pid: Number(name), parent: Number(rest.split(" ")[1]), program }];
    });
}

const commandLine = (pid: number): string => read(`/proc/${pid}/cmdline`).replaceAll("\0", " ");

function ownBytes(pid: number): number {
  const [, resident = "0", shared = "0"] = read(`/proc/${pid}/statm`).split(" ");
  return (Number(resident) - Number(shared)) * PAGE;
}

/** Empty when the process has ended meanwhile. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return "";
    throw error;
  }
}
