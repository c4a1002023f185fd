import type { Position } from "./spec/types.ts";

/**
 * The error catalogue. Each row: HTTP status, process exit code, whether trying again can help, and the
 * next thing to do. `docs/errors.md` is generated from it and a test compares the two.
 * Ranges: 1xxx stack file, 2xxx request, 3xxx engine, 4xxx router, 5xxx deployment, 6xxx store, 7xxx daemon.
 */
export interface CatalogueRow {
  readonly title: string;
  readonly status: number;
  readonly exit: 0 | 1 | 64 | 65 | 69 | 77;
  readonly retryable: boolean;
  readonly hint: string;
}

const row = (title: string, status: number, exit: CatalogueRow["exit"], hint: string, retryable = false): CatalogueRow => ({
  title,
  status,
  exit,
  retryable,
  hint,
});

export const CATALOGUE = {
  INS1001: row("the stack file cannot be read", 400, 65, "name it with -f, or run in the folder that has compose.yaml"),
  INS1002: row("the YAML is not valid", 400, 65, "mend the line; indentation is the usual cause"),
  INS1003: row("unknown key", 400, 65, "remove it or correct its spelling; keys of your own start with x-"),
  INS1004: row("wrong type or value", 400, 65, "write the value in the form the message names"),
  INS1005: row("a variable is required and not set", 400, 65, "set it in the environment or in .env, or give a default: ${NAME:-default}"),
  INS1006: row("a key that is not supported", 400, 65, "remove it; docs/compose.md lists what Instar honours"),
  INS1007: row("a name that cannot be used", 400, 65, "use lower-case letters, digits, - and _, beginning with a letter or digit"),
  INS1008: row("something is named that does not exist in the file", 400, 65, "declare it, or correct the name"),
  INS1009: row("two services claim the same port or domain", 409, 65, "give each its own, or remove one"),
  INS1010: row("services depend on each other in a circle", 400, 65, "remove one of the depends_on entries"),
  INS1011: row("an env_file cannot be read", 400, 65, "create it, or mark it `required: false`"),
  INS1012: row(
    "the file is too large or too deep",
    400,
    65,
    "split it; the limits are 1 MiB, 200 levels, 1,000 aliases and 200,000 signs and words",
  ),
  INS1013: row("interpolation is malformed", 400, 65, "write ${NAME}, ${NAME:-default}, ${NAME:?message}, or $$ for a dollar sign"),
  INS1014: row("a value that cannot be used safely in the router", 400, 65, "use plain host names, paths and header names"),
  INS1015: row("a bind source does not exist", 400, 65, "create the path on the daemon's host, or use a named volume"),
  INS1019: row(
    "an included file defines what is defined already",
    400,
    65,
    "rename one of the two, or write an override file into the include's path list",
  ),

  INS1031: row(
    "a secret or config has no content",
    400,
    65,
    "create the file the message names, or declare a file, environment or content",
  ),
  INS1190: row(
    "a domain is shared, and not every service on it has a weight",
    409,
    65,
    "give each of them its weight, domains: [{ domain: shop.example, weight: 90 }], or each its own domain",
  ),
  INS1191: row("too many services share a domain", 400, 65, "20 can share one; give some of them a domain or a path of their own"),
  INS1042: row(
    "the service cannot stand beside itself",
    409,
    65,
    "use rolling or recreate; blue-green, canary and split need a port that the router serves and no data with a single writer",
  ),
  INS1043: row("leastconn keeps no shares", 400, 65, "use balance: roundrobin, or the strategy rolling or recreate"),
  INS1044: row(
    "only HTTP can be told apart by request",
    400,
    65,
    "remove preview, header, cookie and sticky, or say app_protocol: http of the port",
  ),

  INS1045: row("a job names no service of the file", 400, 65, "name a service under services:"),
  INS1046: row(
    "a service that cannot be a job",
    400,
    65,
    "a job has an image or the service's build, and no ports, replicas or jobs of its own",
  ),
  INS1047: row("a hook's URL cannot be used", 400, 65, "write a whole URL that begins with https:// or http://"),

  INS1032: row("a freeze that cannot be undone, or never begins", 400, 65, "give both commands: freeze: { command: …, thaw: … }"),

  INS1195: row(
    "a hosts file or resolv.conf that cannot be managed",
    400,
    65,
    "leave it to the engine, or take away what stands against it: docs/context.md",
  ),

  INS1034: row("a context that cannot be", 400, 65, "docs/context.md shows what a context may say"),
  INS1035: row("a max_age that cannot be", 400, 65, "write it like max_age: 7d"),
  INS1037: row(
    "a pattern of tags that cannot be used",
    400,
    65,
    "write same-tag, a glob like 1.4.*, a /regular expression/ of RE2, or semver: ~1.4",
  ),
  INS1038: row("a window of time that cannot be used", 400, 65, 'write it as "02:00-04:00"'),

  INS1040: row("a public key cannot be read", 400, 65, "correct the path: it starts at the stack file's folder"),
  INS1041: row(
    "not a public key that signatures can be checked with",
    400,
    65,
    "give a PEM public key (ECDSA P-256, Ed25519 or RSA from 2048 bits), as cosign generate-key-pair writes to cosign.pub",
  ),

  INS2001: row("usage", 400, 64, "see instar --help"),
  INS2002: row("no such service", 404, 1, "instar services lists them"),
  INS2003: row("the service name is ambiguous", 400, 64, "write it as stack/service"),
  INS2004: row("no such revision", 404, 1, "instar history SERVICE lists them"),
  INS2005: row("no such deployment", 404, 1, "instar history SERVICE lists them"),
  INS2006: row("no such stack", 404, 1, "instar stacks lists them"),
  INS2007: row("the deployment has already ended", 409, 1, "start a new one"),
  INS2008: row("the service is pinned", 409, 1, "instar up --unpin, or instar unpin SERVICE"),
  INS2009: row("the revision's image is gone", 409, 1, "push the image again under its digest, or deploy another revision"),
  INS2010: row("the request is too large", 413, 64, "send less: the limit is named in the message"),
  INS2011: row("no such address in the API", 404, 64, "the client and the daemon may be of different versions; instar doctor shows both"),
  INS2012: row("no such volume", 404, 1, "instar volumes lists them"),
  INS2013: row("no such snapshot", 404, 1, "instar snapshot ls lists them"),
  INS2014: row("a confirmation is missing", 400, 64, "type the name when asked, or give --yes"),
  INS2015: row(
    "not an archive of a volume",
    400,
    65,
    "give a tar as instar snapshot export writes it, plain or compressed with zstd or gzip",
  ),
  INS2020: row(
    "another volume would be mounted where data was written",
    409,
    1,
    "mount the old volume there, or allow it by name: instar up --accept-volume NAME; nothing is deleted either way",
  ),
  INS2021: row("a Compose project of this name runs here", 409, 1, "take it over without losing data: instar adopt PROJECT"),
  INS2022: row("this Compose project cannot be adopted", 409, 1, "the message says why; nothing was changed"),
  INS2023: row(
    "there is no data to go back to",
    409,
    1,
    "roll back without --data, or restore a snapshot by hand: instar snapshot ls; x-instar: { snapshot: before-deploy } on the volume takes one each time",
  ),
  INS2030: row("a deployment is under way", 409, 1, "wait until it has ended (instar history SERVICE), or abort it; then heal"),
  INS2043: row("a saved image is damaged", 500, 1, "build it again, or deploy another revision; instar images shows which can be had"),
  INS2058: row("there is nothing to promote", 409, 1, "it is for a running deployment whose old and new revision stand side by side"),
  INS2059: row("this split cannot be had", 400, 64, "write two or more revisions with whole shares that are 100 together: 7=90 8=10"),
  INS2060: row("old and new stand side by side", 409, 1, "end that first: instar promote or instar abort with the deployment's id"),

  INS2036: row("not an attestation", 400, 65, "give a file that instar verify --json wrote"),
  INS2037: row("no log of the daemon", 400, 65, "give the daemon's own output, as systemd or the container keeps it"),
  INS2042: row("no image waits", 409, 1, "instar watch shows what each service follows and what it waits for"),

  INS2050: row("no such trigger, or its secret is wrong", 404, 1, "instar trigger ls lists them; a lost URL is replaced by a new trigger"),
  INS2051: row(
    "the call is not signed as it should be",
    401,
    77,
    "sign the body with the trigger's key: x-hub-signature-256: sha256=HMAC; the key was shown when the trigger was made",
  ),
  INS2052: row(
    "the body is of no known form",
    400,
    64,
    'send {"image":"…","tag":"…"}, or nothing to resolve the tag again; docs/triggers.md',
  ),
  INS2053: row("the call is about another image", 409, 1, "the message names both; nothing was changed"),
  INS2054: row("the service cannot be moved by a trigger now", 409, 1, "the message says why; nothing was changed"),
  INS2055: row("this image failed before", 409, 1, "push a mended one, or try it again by hand: instar redeploy SERVICE"),
  INS2056: row("there is nothing to promote", 409, 1, "wait until the service it comes from is settled and serving: instar ps"),
  INS2057: row("too many calls", 429, 1, "wait a minute", true),
  INS2090: row("the snapshot is needed", 409, 1, "wait until the deployment that the message names has ended: instar history SERVICE"),
  INS2091: row(
    "several instances would write to the same data",
    409,
    1,
    "say in the file that they may: replicas: 2, or x-instar: { shared: true } at the volume; or mount it read-only",
  ),

  INS2100: row("no such secret or config", 404, 1, "instar secret ls lists them"),
  INS2101: row("no name of a secret or config", 400, 64, "use letters, digits, -, _ and ., first a letter or digit, at most 255"),
  INS2102: row("a secret or config is in use", 409, 1, "instar up a file without it, or add --force: what runs keeps its copy"),
  INS2103: row("there is no content", 400, 64, "name a file, or pipe it: instar secret set NAME < FILE; it is never an argument"),
  INS2104: row("a secret or config cannot be kept", 500, 1, "let the daemon write under external/ of INSTAR_HOME, where only files may be"),

  INS2038: row("no such instance", 404, 1, "instar ps lists them"),
  INS2039: row("a reason is missing", 400, 64, "say why: instar exec TARGET --reason TEXT -- COMMAND"),
  INS2040: row("no such session", 404, 1, "begin it again: instar exec"),

  INS3001: row(
    "the engine cannot be reached",
    503,
    69,
    "start it (systemctl start docker), or run script/setup; instar doctor tells more",
    true,
  ),
  INS3002: row("not ours", 409, 1, "it carries no label of this installation; remove it yourself if it should go"),
  INS3003: row("the name is taken by something foreign", 409, 1, "rename or remove the other one, or give the stack another name"),
  INS3004: row("the image cannot be found", 404, 1, "check the reference and the registry login; instar images shows what is present"),
  INS3005: row("the engine refused", 500, 1, "the cause is in the engine's own words", true),
  INS3006: row("the address pool is used up", 409, 1, "remove a stack, or set INSTAR_POOL to a larger block"),
  INS3007: row("this engine cannot be used", 503, 69, "Instar needs a local, rootful Linux engine with API 1.41 or newer"),
  INS3008: row("the build failed", 400, 1, "the last lines of the build say why"),
  INS3009: row("no space left on the device", 507, 1, "free space on the engine's disk; nothing was changed", true),
  INS3010: row("a volume's content could not be read or written", 500, 1, "the cause is in the message; nothing else was changed", true),
  INS3011: row("the volume is in use", 409, 1, "stop what uses it (the message names it), then try again"),
  INS3012: row("work on the volume is under way", 409, 1, "wait until it has ended: instar volumes shows it", true),
  INS3013: row(
    "there is not enough room for a snapshot",
    507,
    1,
    "free space under INSTAR_HOME, or remove old snapshots; nothing was changed",
  ),
  INS3014: row("the snapshot is damaged", 500, 1, "nothing was changed; use another one (instar snapshot ls)"),
  INS3015: row(
    "the volume is only half restored",
    409,
    1,
    "finish it (instar snapshot restore ID), or restore another snapshot; nothing starts on it until then",
  ),
  INS3016: row(
    "the volume could not be frozen",
    500,
    1,
    "the message has what the freeze command said; nothing was changed, and it was thawed. --running takes one without the freeze",
  ),
  INS3017: row(
    "the volume could not be thawed",
    500,
    1,
    "the daemon tries again until it works; if the thaw command is wrong, recycle the service: fresh instances are not frozen",
    true,
  ),
  INS3018: row("the volume did not stay frozen", 409, 1, "nothing is left of the snapshot, and the volume was thawed; try again", true),
  INS3019: row("a command in an instance could not be run", 500, 1, "the cause is in the engine's own words", true),
  INS3020: row(
    "a volume is gone",
    409,
    1,
    "restore it from a snapshot or a backup under the same name; with --accept-volume NAME an empty one takes its place",
  ),
  INS3021: row(
    "the instance's writable layer cannot be read",
    500,
    1,
    "the daemon must run as root on the engine's host, and the engine keep its layers in overlay2",
  ),
  INS3022: row(
    "the instance is gone",
    404,
    1,
    "instar ps lists those that are there; what is to be kept longer: instar heal SERVICE --keep --for 24h",
  ),
  INS3026: row("a registry cannot be reached", 503, 1, "check its address and this machine's way to it; nothing was changed", true),
  INS3027: row("a registry refuses the login", 401, 1, "log in on the daemon's host: docker login REGISTRY; nothing was changed"),
  INS3028: row("a registry asks for fewer requests", 503, 1, "wait; Instar keeps to the pace it asks for. A login often allows more", true),
  INS3029: row("a registry's answer makes no sense", 502, 1, "nothing was changed; the message has what it sent", true),
  INS3030: row(
    "a registry's certificate is not trusted",
    502,
    1,
    "put its CA under /etc/docker/certs.d/HOST/ca.crt, or mend the certificate; nothing was changed",
    true,
  ),
  INS3031: row("an image could not be saved", 500, 1, "the message says why; x-instar: { keep: 0 } saves none", true),

  INS3032: row("the image is not signed", 409, 1, "sign it (cosign sign --key …) and deploy again; nothing was changed"),
  INS3033: row("the image's signature is wrong", 409, 1, "the message says what is wrong with it; nothing was changed"),
  INS3034: row(
    "the image cannot be verified",
    409,
    1,
    "push it to a registry and sign it there, or take x-instar.verify out; nothing was changed",
  ),
  INS3035: row(
    "signatures could not be fetched",
    503,
    1,
    "the registry has to answer before an image is trusted; nothing was changed",
    true,
  ),

  INS3036: row(
    "the engine does not answer in time",
    504,
    1,
    "what it works on is named in the message: look for a mount or a disk that hangs there; other services go on",
    true,
  ),
  INS3037: row("the image could not be pushed", 502, 1, "the registry's words say why; on the daemon's host: docker login REGISTRY", true),

  INS3024: row("the command cannot be begun in the instance", 409, 1, "instar ps shows which instances run"),

  INS4001: row("a port is taken by another process", 409, 1, "stop the other program, or publish another port"),
  INS4002: row("the router does not answer", 503, 1, "instar doctor tells why; the last good table goes on serving", true),
  INS4003: row(
    "the router refused its configuration",
    500,
    1,
    "the last good one goes on serving; please report this with the message",
    true,
  ),
  INS4004: row(
    "the router's image cannot be used",
    503,
    69,
    "HAProxy 3.0 or newer is needed; run script/setup, or set INSTAR_ROUTER_IMAGE",
  ),

  INS5001: row("instances did not become ready", 500, 1, "the evidence has the last log lines; mend and deploy again"),
  INS5002: row("instances ended by themselves", 500, 1, "the evidence has the exit code and the last log lines"),
  INS5003: row("the deployment ran past its deadline", 500, 1, "instar events says where it stood"),
  INS5004: row("a dependency did not come up", 500, 1, "deploy the dependency first"),
  INS5005: row("a gate failed", 500, 1, "its reason is in the message; mend it and deploy again"),
  INS5009: row("the deployment was not confirmed", 500, 1, "deploy again when who is asked agrees"),
  INS5010: row(
    "another service of the group failed",
    500,
    1,
    "all services of an atomic up go back together; mend that one and run up again",
  ),
  INS5008: row("a job failed", 500, 1, "its last lines are with the deployment; mend it and deploy again"),

  INS6001: row(
    "the store was written by a newer Instar",
    500,
    1,
    "start the newer version, or restore the backup taken before the upgrade",
  ),
  INS6002: row("the home is in use by another daemon", 409, 1, "stop the other one, or set another INSTAR_HOME"),
  INS6003: row("no space left for the store", 507, 1, "free space under INSTAR_HOME; nothing was changed", true),
  INS6010: row("the backup cannot be used", 400, 65, "take another copy of the file, or an older backup; nothing was changed"),
  INS6011: row("the home is not empty", 409, 1, "add --force to move it aside, or restore into another folder with --home"),
  INS6012: row(
    "the store could not be upgraded",
    500,
    1,
    "the file from before is untouched: start the version that wrote it, and report this",
  ),
  INS6013: row("there is nothing to recover", 404, 1, "start without --recover, or restore a backup"),
  INS6014: row("it is not clear what to recover", 409, 64, "name the installation: --recover=ID"),
  INS6015: row("the home is not lost", 409, 1, "start without --recover"),
  INS6031: row(
    "a stored secret or config is gone or was changed",
    500,
    1,
    "instar up writes it again; an older one comes from a backup of INSTAR_HOME/files",
  ),

  INS7001: row("the daemon cannot be reached", 503, 69, "start it: instar server"),
  INS7002: row("not allowed", 401, 77, "set INSTAR_TOKEN, or use the socket as its owner"),
  INS7003: row("the socket path is too long", 500, 64, "set INSTAR_HOME to a shorter path; the limit is 100 bytes"),
  INS7004: row("the listen address cannot be used", 500, 1, "set INSTAR_LISTEN to a free address"),
  INS7005: row("an unforeseen error", 500, 1, "this is a defect of Instar; please report it with the message"),
  INS7006: row(
    "the request comes from an unexpected place",
    403,
    77,
    "use http://localhost or the address of INSTAR_LISTEN, from the page itself",
  ),
  INS7007: row("too many failed logins", 429, 77, "wait a minute; the token is in INSTAR_HOME, readable by its owner", true),
  INS7008: row(
    "the token or the key of the hooks is damaged",
    500,
    1,
    "restore the file from a backup, or delete it: the next start makes a new one, which clients need then",
  ),
  INS7016: row(
    "what starts this machine's services cannot be asked",
    500,
    69,
    "see what it says; `instar server` can be started by anything that starts it again when it ends",
  ),
  INS7017: row("something is in the way", 500, 64, "look at it; --force replaces it"),
} as const satisfies Record<string, CatalogueRow>;

export type ErrorCode = keyof typeof CATALOGUE;

/** `error INS1003 …cause… → …what to do…` */
export class InstarError extends Error {
  readonly code: ErrorCode;
  readonly at: Position | null;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, more: { at?: Position | null; hint?: string; cause?: unknown } = {}) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = "InstarError";
    this.code = code;
    this.at = more.at ?? null;
    this.hint = more.hint ?? CATALOGUE[code].hint;
  }

  get row(): CatalogueRow {
    return CATALOGUE[this.code];
  }

  toJSON(): { code: ErrorCode; message: string; hint: string; at?: Position } {
    return { code: this.code, message: this.message, hint: this.hint, ...(this.at === null ? {} : { at: this.at }) };
  }
}
