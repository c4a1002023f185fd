import { formatBytes } from "../lib/bytes.ts";
import { formatDuration } from "../lib/duration.ts";
import { hashOf } from "../lib/hash.ts";
import { placeOf } from "./hooks.ts";
import { INSTANCE_KEYS, short } from "./identity.ts";
import type { JobSpec, ServiceSpec } from "./types.ts";

export interface Change {
  /** Dotted: `environment.DEBUG`, `ports.8080/tcp`, `rollout.parallelism`. */
  readonly path: string;
  /** null: not there. */
  readonly before: string | null;
  readonly after: string | null;
  /** Whether the change makes new instances. */
  readonly replaces: boolean;
}

const REPLACING: ReadonlySet<string> = new Set(INSTANCE_KEYS);
const SECRET = /pass|secret|token|key|credential|private|auth|dsn/i;
const HIDDEN = "(hidden)";

/** Key by key, what differs; null stands for a service that is not there. Secret-looking values and passwords in URLs are not shown. */
export function diffSpecs(a: ServiceSpec | null, b: ServiceSpec | null): readonly Change[] {
  const before = a === null ? new Map<string, Leaf>() : leaves(a);
  const after = b === null ? new Map<string, Leaf>() : leaves(b);
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const [was, is] = [before.get(path), after.get(path)];
    if (was?.text === is?.text) return [];
    return [
      {
        path,
        before: was === undefined ? null : shown(path, was.text),
        after: is === undefined ? null : shown(path, is.text),
        replaces: was?.replaces === true || is?.replaces === true,
      },
    ];
  });
}

interface Leaf {
  readonly text: string;
  readonly replaces: boolean;
}

function leaves(spec: ServiceSpec): Map<string, Leaf> {
  const found = new Map<string, Leaf>();
  for (const [key, value] of Object.entries(spec)) {
    for (const [path, text, replaces] of leavesOf(key, value))
      if (text !== null) found.set(path, { text, replaces: replaces ?? (REPLACING.has(key) || key === "image" || key === "build") });
  }
  return found;
}

type Row = readonly [path: string, text: string | null, replaces?: boolean];

/** Lists of things with a name of their own are keyed by it, so that adding one is one change. */
function leavesOf(key: string, value: unknown): Row[] {
  const items = Array.isArray(value) ? (value as readonly unknown[]) : [];
  switch (key) {
    case "ports":
      return (items as ServiceSpec["ports"]).map(({ published, target, protocol, mode, hostIp, appProtocol }) => [
        `ports.${hostIp === null ? "" : `${hostIp}:`}${published ?? "any"}/${protocol}`,
        [`→ ${target}`, mode === "host" ? "mode host" : "", appProtocol ?? ""].filter((word) => word !== "").join(", "),
        mode === "host" || protocol === "udp",
      ]);
    case "mounts":
      return (items as ServiceSpec["mounts"]).flatMap(({ kind, source, target, readOnly, createHostPath, ...more }): Row[] => [
        [
          `mounts.${target}`,
          [`${kind} ${source ?? "of its slot"}`, readOnly ? "read-only" : "", ...mountWords(more)].filter(Boolean).join(", "),
        ],
        [`mounts.${target}.createHostPath`, createHostPath ? "true" : null, false],
      ]);
    case "files":
      return ((value ?? []) as NonNullable<ServiceSpec["files"]>).map(({ kind, key, external, target, uid, gid, mode, version }) => [
        `${kind}s.${target}`,
        [
          `${external ?? key} ${version === null ? "(not read yet)" : `version ${short(version)}`}`,
          ...(mode === null ? [] : [`mode ${mode.toString(8)}`]),
          ...(uid === null ? [] : [`uid ${uid}`]),
          ...(gid === null ? [] : [`gid ${gid}`]),
        ].join(", "),
      ]);
    case "context": {
      if (value === undefined) return [];
      const { target = null, files, etc = {}, onChange } = value as NonNullable<ServiceSpec["context"]>;
      return [
        ["context.target", target, true],
        ...Object.entries(etc).map(([file, template]): Row => [`context.${file}`, template, true]),
        ...Object.entries(files).map(([name, template]): Row => [`context.files.${name}`, template, true]),
        ["context.onChange", onChange.kind === "signal" ? `signal ${onChange.signal}` : onChange.kind, false],
      ];
    }
    case "tmpfs":
      return (items as ServiceSpec["tmpfs"]).map(({ target, sizeBytes, mode, options = [] }) => [
        `tmpfs.${target}`,
        [sizeBytes === null ? "" : formatBytes(sizeBytes), mode === null ? "" : `mode ${mode.toString(8)}`, ...options]
          .filter((word) => word !== "")
          .join(", ") || "unlimited",
      ]);
    case "hooks":
      return Object.entries((value ?? {}) as NonNullable<ServiceSpec["hooks"]>).flatMap(([kind, { url, ...more }]): Row[] => [
        // Two that differ in their secret part alone are seen to differ.
        [`hooks.${kind}`, `${placeOf(url)} (${short(hashOf(url))})`, false],
        ...generic(`hooks.${kind}`, more),
      ]);
    case "jobs":
      return Object.entries((value ?? {}) as NonNullable<ServiceSpec["jobs"]>).flatMap(([moment, job]): Row[] => jobRows(moment, job));
    case "domains":
      return (items as ServiceSpec["domains"]).map(({ host, path, weight }) => [
        `domains.${host}${path ?? ""}`,
        weight === undefined ? "routed" : `routed, weight ${weight}`,
      ]);
    default:
      return generic(key, value);
  }
}

/** Nothing of a job is of an instance. */
function jobRows(moment: string, { service, timeoutMs, image, spec, resolved }: JobSpec): Row[] {
  const at = `jobs.${moment}`;
  const own = [...leaves({ ...spec, image: image === "own" ? spec.image : "(of the service)" })];
  const digest: Row[] = resolved === undefined ? [] : [[`${at}.image digest`, resolved.shown, false]];
  return [
    [at, service, false],
    [`${at}.timeoutMs`, formatDuration(timeoutMs), false],
    ...digest,
    ...own.map(([path, { text }]): Row => [`${at}.${path}`, text, false]),
  ];
}

const mountWords = ({ propagation, noCopy, subpath, fromImage }: Partial<ServiceSpec["mounts"][number]>): string[] => [
  fromImage === true ? "as the image declares" : "",
  propagation ?? "",
  noCopy === true ? "nothing copied in" : "",
  subpath === undefined ? "" : `folder ${subpath}`,
];

function generic(path: string, value: unknown): Row[] {
  if (value === null || value === undefined) return [[path, null]];
  if (typeof value !== "object") return [[path, scalar(path, value)]];
  if (Array.isArray(value)) return [[path, JSON.stringify(value)]];
  return Object.entries(value).flatMap(([key, inner]) => generic(`${path}.${key}`, inner));
}

const scalar = (path: string, value: unknown): string =>
  typeof value !== "number"
    ? String(value)
    : path.endsWith("Ms")
      ? formatDuration(value)
      : path.endsWith("Bytes")
        ? formatBytes(value)
        : String(value);

function shown(path: string, text: string): string {
  const hides = /^(?:jobs\.\w+\.)?(environment|labels|build\.args|logging\.options)\.(.*)$/s.exec(path);
  if (hides?.[2] !== undefined && SECRET.test(hides[2])) return HIDDEN;
  // A seccomp profile is a page long.
  const brief = text.length > 400 ? `${text.slice(0, 400)}…` : text;
  return brief.replaceAll(/(\w:\/\/[^/\s:@]*):[^/\s@]+@/g, "$1:***@");
}
