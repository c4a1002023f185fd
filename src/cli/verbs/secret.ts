import { Readable } from "node:stream";
import { InstarError } from "../../errors.ts";
import { isObjectName, show } from "../../spec/names.ts";
import type { Cli, Exit, Verb } from "../cli.ts";
import { answer, type SecretSet } from "../client.ts";
import { examples } from "../examples.ts";
import { secretContent } from "../secret-content.ts";
import { age, short, size, table } from "../table.ts";
import { actionOf, needed } from "../verb-action.ts";

interface Options {
  readonly config?: boolean;
  readonly force?: boolean;
}
type Action = (cli: Cli, args: readonly string[], options: Options) => Promise<Exit>;

const kindOf = ({ config }: Options): "config" | "secret" => (config === true ? "config" : "secret");

const set: Action = async (cli, args, options) => {
  const kind = kindOf(options);
  const name = named(args[0], "set NAME [FILE|-]", kind);
  const content = await secretContent(cli, args[1], `Content of the ${kind} ${name}`);
  const how = { method: "PUT", headers: { "content-type": "application/octet-stream" }, body: Readable.from([content]) };
  const lines: string[] = [];
  for await (const line of await (await cli.client()).stream(`/v1/${kind}s/${name}`, how)) lines.push(line);
  const done = JSON.parse(lines.join("\n")) as SecretSet;
  if (cli.json) {
    cli.document(done);
    return 0;
  }
  cli.print(`set the ${kind} ${name}, ${size(done.bytes)}, version ${short(done.version)}`);
  cli.remark(effect(done, kind));
  return 0;
};

function effect({ changed, usedBy }: SecretSet, kind: string): string {
  if (!changed) return "The content is the same as before: nothing is replaced.";
  if (usedBy.length === 0) return `No service names it. A stack file does so with ${kind}s: { KEY: { external: true, name: NAME } }.`;
  return `It takes effect at the next instar up: a new revision of ${usedBy.join(", ")}. Until then what runs keeps its version.`;
}

const ls: Action = async (cli, _args, options) => {
  const { api } = await cli.client();
  const config = kindOf(options) === "config";
  const found = config ? (await answer(api.GET("/v1/configs"))).configs : (await answer(api.GET("/v1/secrets"))).secrets;
  if (cli.json) {
    cli.document(config ? { configs: found } : { secrets: found });
    return 0;
  }
  const rows = found.map(({ name, version, bytes, changedAt, usedBy }) => [
    ...[name, short(version), size(bytes), `${age(changedAt, Date.now())} ago`],
    usedBy.join(" ") || "-",
  ]);
  for (const line of table([config ? "CONFIG" : "SECRET", "VERSION", "SIZE", "CHANGED", "USED BY"], rows)) cli.print(line);
  return 0;
};

const rm: Action = async (cli, args, options) => {
  const kind = kindOf(options);
  const params = { path: { name: named(args[0], "rm NAME", kind) }, query: { force: options.force === true } };
  const { api } = await cli.client();
  const result = await answer(
    kind === "config" ? api.DELETE("/v1/configs/{name}", { params }) : api.DELETE("/v1/secrets/{name}", { params }),
  );
  if (cli.json) {
    cli.document(result);
    return 0;
  }
  cli.print(`removed the ${kind} ${result.removed}`);
  if (result.usedBy.length > 0)
    cli.remark(
      `What runs of ${result.usedBy.join(", ")} keeps its version; instar up is refused until it is set again or no longer named.`,
    );
  return 0;
};

const ACTIONS: Readonly<Record<string, Action>> = { set, ls, rm };
const MOST_ARGUMENTS: Readonly<Record<string, number>> = { set: 2, ls: 0, rm: 1 };

/** Said before a content is asked for, or sent anywhere. */
function named(name: string | undefined, usage: string, kind: string): string {
  const text = needed(name, `secret ${usage}`);
  if (!isObjectName(text)) throw new InstarError("INS2101", `${show(text)} cannot be the name of a ${kind}`);
  return text;
}

export const secret: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("<action>", Object.keys(ACTIONS).join(", "))
        .argument("[name]", "set, rm: as the stack file names it, { external: true, name: NAME }")
        .argument("[file]", "set: what has the content; - or nothing is standard input, and a terminal is asked for one line")
        // Commander would repeat what is too much, which may be a content.
        .allowExcessArguments()
        .option("--config", "a config instead of a secret")
        .option("--force", "rm: although a service names it; what runs keeps its copy"),
      "secret set shop-tls ./key.pem",
      "secret set db-password < password.txt",
      "secret set --config app-conf app.conf",
      "secret ls --json",
      "secret rm shop-tls",
    ),
  async run(cli, [name = "", ...args], options) {
    const action = actionOf("secret", ACTIONS, name);
    if (args.length <= (MOST_ARGUMENTS[name] ?? 0)) return action(cli, args, options);
    throw new InstarError("INS2001", `too many arguments for secret ${name}`, {
      hint: "see instar secret --help; a content is never an argument",
    });
  },
};
