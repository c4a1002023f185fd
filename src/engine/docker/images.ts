import { posix } from "node:path";
import type Docker from "dockerode";
import { InstarError } from "../../errors.ts";
import { familiarName, parseReference, type Reference } from "../../lib/reference.ts";
import type { Engine } from "../../reconcile/ports.ts";
import type { BuildSpec, ImageIdentity } from "../../spec/types.ts";
import type { DockerClient } from "./client.ts";
import { ulimits } from "./container-keys.ts";
import { credentialsIn, registryHeader } from "./credentials.ts";
import { codeForWords, EngineRefusal, orMissing } from "./failure.ts";
import { LABEL } from "./labels.ts";
import { follow } from "./progress.ts";

/** `Descriptor` is there from API 1.48 on. */
type Inspect = Pick<Docker.ImageInspectInfo, "Id" | "RepoDigests"> & {
  readonly Descriptor?: { readonly digest: string };
  readonly Config?: { readonly Volumes?: Readonly<Record<string, object>> | null } | null;
};

export interface Images {
  readonly port: Pick<Engine, "resolveImage" | "hasImage" | "restoreImage" | "build" | "push">;
  /** What the engine calls the image now: its name by digest, or an id. Raises INS3004 when it is not there. */
  readonly present: (image: ImageIdentity) => Promise<string>;
  /** The same; null when it is not there. */
  readonly find: (image: ImageIdentity) => Promise<string | null>;
}

const IMAGE_ID = /^sha256:[a-f0-9]{64}$/;

export const dockerImages = (client: DockerClient, installation: string, configFolder?: string): Images => {
  const credentials = credentialsIn(configFolder);
  const inspect = (name: string): Promise<Inspect | null> => orMissing(client.ask<Inspect>("GET", `/images/${name}/json`));

  /** `version` is a tag or a digest. Raises INS3004, INS3009. */
  const pull = async (reference: Reference, version: string, show: (line: string) => void): Promise<void> => {
    const name = familiarName(reference);
    const login = await credentials.of(reference.domain);
    const asked = `the pull of ${name}`;
    try {
      const stream = await client.stream("POST", "/images/create", {
        query: { fromImage: name, tag: version },
        ...(login === null ? {} : { headers: { "X-Registry-Auth": registryHeader(login) } }),
      });
      const { error } = await follow(stream, asked, show);
      if (error !== null) throw new EngineRefusal(codeForWords(error), 500, error, undefined);
    } catch (error) {
      if (!(error instanceof EngineRefusal) || error.code === "INS3009") throw error;
      throw pullFailure(`${name}${version.startsWith("sha256:") ? "@" : ":"}${version}`, reference.domain, error);
    }
  };

  const resolveImage: Engine["resolveImage"] = async (text, policy, progress = () => {}) => {
    const missing = (why: string): InstarError => new InstarError("INS3004", `the image ${text} ${why}`);
    if (IMAGE_ID.test(text)) {
      const found = await inspect(text);
      if (found === null) throw missing("is not on the engine, and a bare id cannot be pulled");
      return identify(text, null, found);
    }
    const reference = parseReference(text);
    if (reference === null) throw missing("is not an image reference");
    const version = reference.digest ?? reference.tag ?? "latest";
    const local = await inspect(text);
    const take = local !== null && (policy !== "always" || reference.digest !== null || ownDigests(local, reference).length === 0);
    if (take) return identify(text, reference, local);
    if (policy === "never") throw missing("is not on the engine, and may not be pulled");
    let told: string | null = null;
    await pull(reference, version, (line) => {
      told = /^Digest: (sha256:[a-f0-9]{64})$/.exec(line)?.[1] ?? told;
      progress(line);
    });
    const pulled = await inspect(text);
    if (pulled === null) throw missing("was pulled, and is gone again");
    return identify(text, reference, pulled, told);
  };

  const find: Images["find"] = async (image) => {
    for (const name of [image.runnable, ...image.digests]) {
      if ((await inspect(name)) !== null) return name;
    }
    return null;
  };

  const present: Images["present"] = async (image) => {
    const name = await find(image);
    if (name === null) throw new InstarError("INS3004", `the image ${image.reference} (${image.shown}) is no longer on the engine`);
    return name;
  };

  const restoreImage: Engine["restoreImage"] = async (image) => {
    const reference = parseReference(image.runnable);
    if (reference === null || reference.digest === null) {
      throw new InstarError("INS3004", `the image ${image.reference} (${image.shown}) was made on this engine: no registry has it`);
    }
    await pull(reference, reference.digest, () => {});
  };

  const build: Engine["build"] = async (context, spec, tag, progress = () => {}) => {
    const reference = parseReference(tag);
    if (reference === null) throw new InstarError("INS3008", `${tag} cannot be the name of an image`);
    const logins = await credentials.all();
    const query = buildQuery(spec, tag, installation);
    try {
      const headers = { "Content-Type": "application/x-tar", "X-Registry-Config": registryHeader(logins) };
      const stream = await client.stream("POST", "/build", { query, tar: context, headers });
      const { error, lines, imageId } = await follow(stream, `the build of ${tag}`, progress);
      if (error !== null) {
        const code = codeForWords(error) === "INS3009" ? "INS3009" : "INS3008";
        throw new InstarError(code, [`the build of ${tag} failed: ${error.trim()}`, ...lines].join("\n"));
      }
      const found = await inspect(imageId ?? tag);
      if (found === null) throw new InstarError("INS3008", `the build of ${tag} ended without an image`);
      return identify(tag, reference, found);
    } catch (error) {
      if (!(error instanceof EngineRefusal) || error.code === "INS3009") throw error;
      throw new InstarError("INS3008", `the build of ${tag} failed: ${error.message}`, { cause: error });
    }
  };

  const push: Engine["push"] = async (image, text, progress = () => {}) => {
    const reference = parseReference(text);
    if (reference === null || reference.tag === null) throw new InstarError("INS3037", `${text} is no name with a tag`);
    const [repo, tag] = [familiarName(reference), reference.tag];
    if ((await inspect(image)) === null) throw new InstarError("INS3004", `the image ${image} is not on the engine`);
    try {
      const login = await credentials.of(reference.domain);
      await client.ask("POST", `/images/${image}/tag`, { query: { repo, tag } });
      // The engine wants the header, with or without a login.
      const headers = { "X-Registry-Auth": registryHeader(login ?? {}) };
      const stream = await client.stream("POST", `/images/${repo}/push`, { query: { tag }, headers });
      const { error, digest } = await follow(stream, `the push of ${text}`, progress);
      if (error !== null) throw new InstarError("INS3037", `${text} was not taken: ${error.trim()}`);
      if (digest === null) throw new InstarError("INS3037", `${text} was pushed, and the engine does not say as what`);
      return digest;
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error;
      throw new InstarError("INS3037", `${text} was not taken: ${error.message}`, { cause: error });
    }
  };

  const hasImage: Engine["hasImage"] = async (image) => (await find(image)) !== null;

  return { port: { resolveImage, hasImage, restoreImage, build, push }, present, find };
};

/** For the classic builder: `POST /build`. Lists that it reads as JSON are written so. */
const buildQuery = ({ dockerfile, args, target, options = {} }: BuildSpec, tag: string, installation: string): Record<string, unknown> => ({
  t: tag,
  dockerfile,
  buildargs: { ...args },
  labels: { ...options.labels, [LABEL.installation]: installation },
  rm: true,
  forcerm: true,
  ...(target === null ? {} : { target }),
  ...(options.network === undefined ? {} : { networkmode: options.network }),
  ...(options.extraHosts === undefined ? {} : { extrahosts: [...options.extraHosts] }),
  ...(options.shmSizeBytes === undefined ? {} : { shmsize: options.shmSizeBytes }),
  ...(options.ulimits === undefined ? {} : { ulimits: JSON.stringify(ulimits(options.ulimits)) }),
  ...(options.cacheFrom === undefined ? {} : { cachefrom: JSON.stringify(options.cacheFrom) }),
  ...(options.noCache === undefined ? {} : { nocache: true }),
  ...(options.pull === undefined ? {} : { pull: true }),
});

/** Manifest digests under which a registry keeps it in the reference's own repository. */
const ownDigests = (found: Inspect, reference: Reference): string[] =>
  (found.RepoDigests ?? []).flatMap((name) => {
    const [repository, digest] = name.split("@");
    return repository === familiarName(reference) && digest !== undefined ? [digest] : [];
  });

/** `preferred`: the digest the registry named just now, where the engine knows several. */
const identify = (text: string, reference: Reference | null, found: Inspect, preferred: string | null = null): ImageIdentity => {
  const own = reference === null ? [] : ownDigests(found, reference);
  const chosen = [preferred, reference?.digest ?? null].find((digest) => digest !== null && own.includes(digest)) ?? own[0] ?? null;
  const others = (found.RepoDigests ?? []).flatMap((name) => name.split("@")[1] ?? []);
  const digests = new Set([found.Id, ...others, ...(found.Descriptor === undefined ? [] : [found.Descriptor.digest])]);
  const volumes = Object.keys(found.Config?.Volumes ?? {})
    .map((path) => posix.resolve("/", path))
    .sort();
  return {
    reference: text,
    digests: [...digests].sort(),
    runnable: reference === null || chosen === null ? found.Id : `${familiarName(reference)}@${chosen}`,
    shown: chosen ?? found.Id,
    ...(volumes.length === 0 ? {} : { volumes }),
  };
};

const pullFailure = (name: string, domain: string, error: EngineRefusal): InstarError => {
  const words = error.message.replace(/^the engine refused: /, "");
  const more = (hint: string): { hint: string; cause: unknown } => ({ hint, cause: error });
  if (/dial tcp|connection refused|no such host|timeout|deadline exceeded|tls|certificate|\bEOF\b|server misbehaving/i.test(words)) {
    return new InstarError(
      "INS3004",
      `the registry ${domain} cannot be reached for ${name}: ${words}`,
      more("check the registry's address and this machine's way to it"),
    );
  }
  if (/unauthorized|authentication required|no basic auth|denied/i.test(words)) {
    return new InstarError(
      "INS3004",
      `the registry ${domain} gives no ${name}: ${words}`,
      more(`check the reference, and log in: docker login ${domain}`),
    );
  }
  return new InstarError("INS3004", `the registry ${domain} has no ${name}: ${words}`, { cause: error });
};
