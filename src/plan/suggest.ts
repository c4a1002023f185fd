/** What an application writes that nothing declares, and the lines of a stack file that would declare it. */

export interface Suggestion {
  /** For `x-instar.scratch`: lost with the instance. */
  readonly scratch: readonly string[];
  /** For `volumes`: it looks like something to keep. */
  readonly volumes: readonly string[];
  /** Written and neither: part of the image that changed, which no declaration should cover. */
  readonly image: readonly string[];
}

/** Folders whose content programs expect to lose. */
const SCRATCH: readonly RegExp[] = [
  /^\/(tmp|run)(\/|$)/,
  /^\/var\/(run|tmp|lock|cache|log|spool)(\/|$)/,
  /^\/var\/lib\/(php|nginx)(\/|$)/,
  /^\/root\/\.(cache|npm|config|local)(\/|$)/,
  /^\/home\/[^/]+\/\.(cache|npm|config|local)(\/|$)/,
  /\/(tmp|temp|cache|\.cache|sessions?|logs?|pids?)(\/|$)/i,
];
/** A single file that is no data. */
const PASSING = /\.(pid|sock|socket|lock|log|tmp)$/i;
/** Where the image's own programs and settings are: who writes there updates or configures itself. */
const IMAGE = /^\/(bin|boot|etc|lib|lib64|sbin|usr|opt\/[^/]+\/bin)(\/|$)/;
/** A mount here would hide the whole of it. */
const TOO_HIGH: ReadonlySet<string> = new Set(["/", "/var", "/var/lib", "/usr", "/home", "/root", "/opt", "/srv", "/app", "/etc"]);

interface Change {
  readonly path: string;
  readonly kind: "A" | "C" | "D";
}

/** What the image has under such a name, such as a lock file of packages, is its own. */
const passes = ({ path, kind }: Change): boolean => kind === "A" && PASSING.test(path);
const within = (folder: string, changed: readonly Change[]): readonly Change[] =>
  changed.filter(({ path }) => path.startsWith(`${folder}/`));

/** @param changed of the writable layer; deletions and edits of what the image has are no place to write to */
export function suggest(changed: readonly Change[]): Suggestion {
  const scratch = new Set<string>();
  const volumes = new Set<string>();
  const image = new Set<string>();
  // A folder that was made for what is in it says nothing of its own.
  const leaves = changed.filter(({ path }) => !changed.some((other) => other.path.startsWith(`${path}/`)));
  for (const leaf of leaves) {
    const { path, kind } = leaf;
    const folder = folderOf(path);
    const root = SCRATCH.map((pattern) => rootBy(pattern, path)).find((found) => found !== null);
    const passing = passes(leaf) && !TOO_HIGH.has(folder) && within(folder, leaves).every(passes);
    // Scratch begins empty: what the image has there would be hidden.
    const ofImage = changed.some((other) => other.path === folder && other.kind === "C");
    if (root !== undefined && root !== null) scratch.add(root);
    else if (passing && !ofImage) scratch.add(folder);
    else if (passing || IMAGE.test(path) || kind === "D") image.add(path);
    else if (TOO_HIGH.has(folder) && kind === "C") image.add(path);
    else volumes.add(TOO_HIGH.has(folder) ? path : folder);
  }
  return {
    scratch: highest(scratch),
    volumes: highest(volumes),
    image: [...image].sort(),
  };
}

/** The folder up to where the pattern matched: `/var/cache/nginx/client_temp/1` is below `/var/cache/nginx`. */
function rootBy(pattern: RegExp, path: string): string | null {
  const match = pattern.exec(path);
  if (match === null) return null;
  const end = match.index + match[0].replace(/\/$/, "").length;
  const root = path.slice(0, end);
  // One level more where the folder is everybody's.
  if (!/^\/var\/(cache|log|spool|lib)$|^\/run$|^\/var\/run$/.test(root)) return root;
  const next = path.slice(end + 1).split("/")[0] ?? "";
  return next === "" || !path.slice(end + 1).includes("/") ? root : `${root}/${next}`;
}

const folderOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf("/"))) || "/";

/** Without those that another one holds already. */
const highest = (paths: ReadonlySet<string>): string[] =>
  [...paths].filter((path) => ![...paths].some((other) => other !== path && path.startsWith(`${other}/`))).sort();

/**
 * One for each path, in their order, no two the same: two folders in one volume would mix what they hold. As much of a path's end as
 * tells it from the others: `/app/a/data`, `/app/b/data` → `web-a-data`, `web-b-data`.
 */
function volumeNames(service: string, paths: readonly string[]): string[] {
  const found = paths.map((path) => {
    const parts = path.split("/").flatMap((part) => part.replace(/[^a-z0-9_-]/gi, "") || []);
    return { parts: parts.length === 0 ? ["data"] : parts, taken: 1 };
  });
  const nameOf = ({ parts, taken }: (typeof found)[number]): string => `${service}-${parts.slice(-taken).join("-")}`;
  for (;;) {
    const names = found.map(nameOf);
    const longer = found.filter(
      (one, nth) => one.taken < one.parts.length && names.some((name, other) => other !== nth && name === names[nth]),
    );
    if (longer.length === 0) break;
    for (const one of longer) one.taken += 1;
  }
  // What differs only in what a name cannot hold is counted.
  const given = new Set<string>();
  const whole = new Set(found.map(nameOf));
  for (const name of found.map(nameOf)) {
    let free = name;
    for (let count = 2; given.has(free) || (free !== name && whole.has(free)); count++) free = `${name}-${count}`;
    given.add(free);
  }
  return [...given];
}

/** As it stands in a stack file; empty when there is nothing to declare. */
export function suggestionText(service: string, { scratch, volumes, image }: Suggestion): string[] {
  const names = volumeNames(service, volumes);
  const named = volumes.map((path, nth) => [names[nth] ?? service, path] as const);
  const lines: string[] = [];
  if (scratch.length + volumes.length > 0) lines.push("services:", `  ${service}:`);
  if (named.length > 0) lines.push("    volumes:", ...named.map(([name, path]) => `      - ${name}:${path}`));
  if (scratch.length > 0) lines.push("    x-instar:", "      immutable: enforce", `      scratch: [${scratch.join(", ")}]`);
  if (named.length > 0) lines.push("volumes:", ...names.map((name) => `  ${name}: {}`));
  for (const path of image) lines.push(`# ${path} is part of the image: change it there`);
  return lines;
}
