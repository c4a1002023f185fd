import { deflateRawSync, inflateRawSync } from "node:zlib";
import { bareUrl } from "../spec/hooks.ts";
import { revisionHash } from "../spec/identity.ts";
import type { HooksSpec, NetworkSpec, Revision, ServiceSpec, VolumeSpec } from "../spec/types.ts";
import type { PortRow, ServiceRow, Store } from "./store.ts";

/** Labels have no hard limit, but every list of containers carries them. */
const LIMIT = 64 * 1024;
const FORMAT = 1;

/**
 * What an instance carries with it so that its service can be rebuilt when the home is lost: the revision it was made from and
 * what the rows said then. It reaches no hash. What secrets hold is not in a spec, and so not in here; what the URLs of hooks have
 * besides a place is left out, since everybody who may list containers reads labels. The revision is then another one than the file
 * makes, and the first `up` after a recovery brings the whole URLs back.
 */
export interface Origin {
  readonly format: number;
  readonly revision: Revision;
  readonly applied: ServiceSpec;
  readonly overrides: ServiceRow["overrides"];
  readonly pinned: string | null;
  /** Of the stack, what this service uses; by key of the file. */
  readonly networks: Readonly<Record<string, NetworkSpec>>;
  readonly volumes: Readonly<Record<string, VolumeSpec>>;
  /** Path → volume that belongs to the instance's slot. */
  readonly slotVolumes?: Readonly<Record<string, string>>;
  /** Host ports given to it. */
  readonly ports: readonly Omit<PortRow, "stack" | "service">[];
}

/** As the text of a label; null when it would be too large, and then the service cannot be recovered. */
export async function originText(
  store: Store,
  revision: Revision,
  slotVolumes: Readonly<Record<string, string>> = {},
): Promise<string | null> {
  const row = await store.service(revision);
  const stack = await store.stack(revision.stack);
  if (row === null || stack === null) return null;
  const declared = <T>(text: string, keys: readonly string[]): Record<string, T> =>
    Object.fromEntries(Object.entries(JSON.parse(text) as Record<string, T>).filter(([key]) => keys.includes(key)));
  const given = (await store.ports()).filter((port) => port.stack === revision.stack && port.service === revision.service);
  const origin: Origin = {
    format: FORMAT,
    revision: shareable(revision),
    applied: withoutCredentials(row.applied),
    overrides: row.overrides,
    pinned: row.pinned,
    networks: declared(stack.networks, Object.keys(revision.networkNames)),
    volumes: declared(stack.volumes, Object.keys(revision.volumeNames)),
    ...(Object.keys(slotVolumes).length === 0 ? {} : { slotVolumes }),
    ports: given.map(({ target, protocol, published }) => ({ target, protocol, published })),
  };
  const text = compressed(JSON.stringify(origin));
  return text.length > LIMIT ? null : text;
}

function shareable(revision: Revision): Revision {
  const spec = withoutCredentials(revision.spec);
  if (spec === revision.spec) return revision;
  const { image, volumeNames, networkNames, specVersion } = revision;
  return { ...revision, spec, revisionHash: revisionHash(spec, image, volumeNames, networkNames, specVersion) };
}

/** The same spec where its hooks have no credentials. */
function withoutCredentials(spec: ServiceSpec): ServiceSpec {
  const { hooks } = spec;
  const bare: HooksSpec = {
    ...(hooks?.confirm === undefined ? {} : { confirm: { ...hooks.confirm, url: bareUrl(hooks.confirm.url) } }),
    ...(hooks?.notify === undefined ? {} : { notify: { ...hooks.notify, url: bareUrl(hooks.notify.url) } }),
  };
  return bare.confirm?.url === hooks?.confirm?.url && bare.notify?.url === hooks?.notify?.url ? spec : { ...spec, hooks: bare };
}

/** The instances of a revision are made one after another, and carry the same: a millisecond each. */
let latest: { readonly json: string; readonly text: string } | null = null;
function compressed(json: string): string {
  if (latest?.json !== json) latest = { json, text: deflateRawSync(json, { level: 9 }).toString("base64") };
  return latest.text;
}

/** null for what is no origin, or one of a format that this version does not know. */
export function readOrigin(text: string | undefined): Origin | null {
  if (text === undefined) return null;
  try {
    const found = JSON.parse(inflateRawSync(Buffer.from(text, "base64"), { maxOutputLength: 16 * 1024 * 1024 }).toString("utf8")) as Origin;
    return found.format === FORMAT ? found : null;
  } catch (cause) {
    // Somebody's label under our name: not a record of ours.
    if (cause instanceof SyntaxError || String((cause as NodeJS.ErrnoException).code).match(/^(Z_|ERR_BUFFER_TOO_LARGE)/)) return null;
    throw cause;
  }
}
