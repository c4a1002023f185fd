import { InstarError } from "../errors.ts";
import type { BuildSpec, StackSpec } from "../spec/types.ts";
import type { Cli } from "./cli.ts";
import { asError, type Client } from "./client.ts";
import { contextTar } from "./context.ts";

/** Where the text of `dockerfile_inline` stands in the context. */
const GENERATED = ".instar.Dockerfile";

/** Builds every service that has `build:`, one after another. Service → image reference. Raises INS3008. */
export async function buildAll(cli: Cli, client: Client, spec: StackSpec): Promise<Record<string, string>> {
  const built: Record<string, string> = {};
  for (const [service, { build }] of Object.entries(spec.services)) {
    if (build !== null) built[service] = (await buildOne(cli, client, { stack: spec.name, service }, build, null)).image;
  }
  return built;
}

export interface Built {
  readonly image: string;
  readonly pushed?: { readonly reference: string; readonly digest: string };
}

/** `push`: the name with a tag under which a registry gets it too. Raises INS3008, INS3037. */
export async function buildOne(
  cli: Cli,
  client: Client,
  of: { readonly stack: string; readonly service: string },
  build: BuildSpec,
  push: string | null,
): Promise<Built> {
  const { stack, service } = of;
  cli.remark(`building ${stack}/${service} from ${build.context}`);
  const { inline, ...options } = build.options ?? {};
  const dockerfile = inline === undefined ? build.dockerfile : GENERATED;
  const query = new URLSearchParams({
    stack,
    service,
    dockerfile,
    ...(build.target === null ? {} : { target: build.target }),
    ...(push === null ? {} : { push }),
  });
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64");
  const answers = await client.stream(`/v1/build?${query}`, {
    method: "POST",
    headers: {
      "content-type": "application/x-tar",
      "instar-build-args": encoded(build.args),
      ...(Object.keys(options).length === 0 ? {} : { "instar-build-options": encoded(options) }),
    },
    body: await contextTar(build.context, dockerfile, inline),
  });
  for await (const text of answers) {
    const answer = JSON.parse(text) as { line?: string; error?: unknown } & Partial<Built>;
    if (answer.error !== undefined) throw asError(answer, 200);
    if (answer.image !== undefined) return { ...answer, image: answer.image };
    if (answer.line !== undefined) cli.remark(cli.stderr.paint.dim(`  ${answer.line.trimEnd()}`));
  }
  throw new InstarError("INS3008", `the build of ${stack}/${service} ended without an image`);
}
