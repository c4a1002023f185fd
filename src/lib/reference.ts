/** A name of an image, as the distribution project's grammar has it (distribution/reference), with Docker's defaults filled in. */
export interface Reference {
  /** `docker.io` unless named; with its port. */
  readonly domain: string;
  /** `library/nginx` for Docker's own `nginx`. */
  readonly path: string;
  /** `latest` when neither tag nor digest is given. */
  readonly tag: string | null;
  /** `sha256:…` */
  readonly digest: string | null;
}

const COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const PATH = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const DOMAIN =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^sha256:[a-f0-9]{64}$/;
const LONGEST_NAME = 255;

/** null for what is no reference. `reg:5000/acme/api:16` → domain `reg:5000`, path `acme/api`, tag `16`. */
export const parseReference = (text: string): Reference | null => {
  const [named = "", digest = null, ...more] = text.split("@");
  if (more.length > 0 || (digest !== null && !DIGEST.test(digest))) return null;
  // A colon behind the last slash begins the tag; any other belongs to a port.
  const colon = named.indexOf(":", named.lastIndexOf("/") + 1);
  const name = colon < 0 ? named : named.slice(0, colon);
  const tag = colon < 0 ? null : named.slice(colon + 1);
  if (tag !== null && !TAG.test(tag)) return null;
  // Sixty-four hex digits are an image id, with and without `sha256:` before them.
  if (name.length > LONGEST_NAME || /^[a-f0-9]{64}$/.test(name) || DIGEST.test(named)) return null;
  const slash = name.indexOf("/");
  const head = slash < 0 ? "" : name.slice(0, slash);
  const isDomain = /[.:]/.test(head) || head === "localhost" || head !== head.toLowerCase();
  const domain = !isDomain || head === "index.docker.io" ? "docker.io" : head;
  const rest = isDomain ? name.slice(slash + 1) : name;
  const path = domain === "docker.io" && !rest.includes("/") ? `library/${rest}` : rest;
  if (!DOMAIN.test(domain) || !PATH.test(path)) return null;
  return { domain, path, tag: tag ?? (digest === null ? "latest" : null), digest };
};

/** The repository as engines print it: `nginx`, `acme/api`, `reg:5000/acme/api`. */
export const familiarName = ({ domain, path }: Reference): string => {
  if (domain !== "docker.io") return `${domain}/${path}`;
  return path.startsWith("library/") ? path.slice("library/".length) : path;
};

/** The repository with nothing left out: `docker.io/library/nginx`. */
export const canonicalName = ({ domain, path }: Reference): string => `${domain}/${path}`;
