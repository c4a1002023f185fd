import { InstarError } from "../../errors.ts";
import { parseReference } from "../../lib/reference.ts";
import type { BuildSpec } from "../../spec/types.ts";
import { buildOne } from "../build.ts";
import type { Verb } from "../cli.ts";
import { examples } from "../examples.ts";
import { readStack } from "../stack-file.ts";
import { stackOptions } from "./stack-options.ts";

export const build: Verb = {
  declare: (command) =>
    examples(
      stackOptions(command)
        .argument("[service...]", "services of the file; all with `build` when absent")
        .option("--push", "put each image where the service's `image` says, too")
        .addHelpText("after", "\nNothing is deployed. `instar up` builds by itself; tests of an image belong into jobs (docs/jobs.md)."),
      "build",
      "build web --push",
    ),
  async run(cli, names, options) {
    const { spec } = await readStack(cli, options);
    const wanted: (readonly [name: string, build: BuildSpec, push: string | null])[] = [];
    for (const name of names.length === 0 ? Object.keys(spec.services) : names) {
      const service = Object.hasOwn(spec.services, name) ? spec.services[name] : undefined;
      if (service === undefined)
        throw new InstarError("INS2001", `the file has no service ${name}`, { hint: `one of ${Object.keys(spec.services).join(", ")}` });
      if (service.build !== null) wanted.push([name, service.build, options.push === true ? pushable(name, service.image) : null]);
      else if (names.length > 0)
        throw new InstarError("INS2001", `the service ${name} has no build`, { hint: "its image is pulled by up" });
    }
    if (wanted.length === 0) throw new InstarError("INS2001", "no service of the file has a build", { hint: "add build: . to one" });
    const client = await cli.client();
    const images = [];
    for (const [name, how, push] of wanted) {
      const built = await buildOne(cli, client, { stack: spec.name, service: name }, how, push);
      images.push({ stack: spec.name, service: name, ...built });
      if (cli.json) continue;
      const where = built.pushed === undefined ? "" : `  pushed as ${built.pushed.reference}@${built.pushed.digest}`;
      cli.print(`${spec.name}/${name}  ${built.image}${where}`);
    }
    if (cli.json) cli.document({ images });
    return 0;
  },
};

/** A service with `build` and without `image` has a name that only this engine knows. Raises INS2001. */
function pushable(service: string, image: string): string {
  const reference = parseReference(image);
  if (reference !== null && reference.tag !== null && !(reference.domain === "docker.io" && reference.path.startsWith("library/")))
    return image;
  throw new InstarError("INS2001", `the file does not say where ${service} is pushed to`, {
    hint: `add to it: image: registry.example/${service}:1.0`,
  });
}
