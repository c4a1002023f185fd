import { InstarError } from "../../errors.ts";
import { parseDuration } from "../../lib/duration.ts";
import type { Cli, Exit, Verb } from "../cli.ts";
import { answer, type Client } from "../client.ts";
import { examples } from "../examples.ts";
import { serviceOf } from "../name.ts";
import { age, table } from "../table.ts";
import { actionOf, needed } from "../verb-action.ts";

type Options = Readonly<Record<string, unknown>>;
type Action = (cli: Cli, name: string | undefined, options: Options) => Promise<Exit>;

const ROLES = ["read", "deploy", "admin"] as const;

const create: Action = async (cli, given, options) => {
  const name = needed(given, "token create NAME");
  const role = ROLES.find((one) => one === (options.role ?? "read"));
  if (role === undefined)
    throw new InstarError("INS2001", `${String(options.role)} is no role of a token`, { hint: `one of ${ROLES.join(", ")}` });
  const expiresInMs = lifeOf(options.expires);
  const client = await cli.client();
  const body = { name, role, scope: await scopeOf(client, options), expiresInMs };
  const made = await answer(client.api.POST("/v1/tokens", { body }));
  if (cli.json) {
    cli.document(made);
    return 0;
  }
  cli.print(made.secret);
  const until = made.token.expiresAt === null ? "" : `, until ${new Date(made.token.expiresAt).toISOString()}`;
  cli.remark(`${name}: ${role}, ${reach(made.token.scope)}${until}. It is not shown again; instar token rm ${name} ends it.`);
  cli.remark(
    made.url === null
      ? "The daemon listens on its socket alone: with INSTAR_LISTEN set, a client uses it as INSTAR_TOKEN, with INSTAR_URL."
      : `A client uses it with INSTAR_URL=${made.url} and INSTAR_TOKEN set to it.`,
  );
  return 0;
};

const ls: Action = async (cli) => {
  const { tokens } = await answer((await cli.client()).api.GET("/v1/tokens"));
  if (cli.json) {
    cli.document({ tokens });
    return 0;
  }
  const now = Date.now();
  const rows = tokens.map((one) => [
    ...[one.name, one.role, reach(one.scope), `${age(one.createdAt, now)} ago by ${one.who}`],
    one.expiresAt === null ? "never" : one.expiresAt <= now ? cli.paint.red("expired") : `in ${age(now, one.expiresAt)}`,
    one.usedAt === null ? "never" : `${age(one.usedAt, now)} ago`,
  ]);
  for (const line of table(["TOKEN", "ROLE", "SCOPE", "CREATED", "EXPIRES", "USED"], rows)) cli.print(line);
  return 0;
};

const rm: Action = async (cli, given) => {
  const params = { path: { name: needed(given, "token rm NAME") } };
  const result = await answer((await cli.client()).api.DELETE("/v1/tokens/{name}", { params }));
  if (cli.json) cli.document(result);
  else cli.print(`removed ${result.removed}; it is refused from now on`);
  return 0;
};

const ACTIONS: Readonly<Record<string, Action>> = { create, ls, rm };

/** ms; null: it does not expire. */
function lifeOf(given: unknown): number | null {
  if (given === undefined) return null;
  const ms = parseDuration(String(given));
  if (ms !== null && ms >= 1000) return ms;
  throw new InstarError("INS2001", `--expires is a time from 1s on, not ${JSON.stringify(given)}`, { hint: "write 90d, 12h or 2w" });
}

/** null: everything. */
async function scopeOf(client: Client, options: Options): Promise<string[] | null> {
  const stacks = listed(options.stack);
  const services = await Promise.all(listed(options.service).map((name) => serviceOf(client, name)));
  const scope = [...stacks, ...services.map(({ stack, service }) => `${stack}/${service}`)];
  return scope.length === 0 ? null : scope;
}

const listed = (given: unknown): string[] => (Array.isArray(given) ? given.map(String) : []);

const reach = (scope: readonly string[] | null): string => (scope === null ? "everything" : scope.join(" "));

export const token: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("<action>", Object.keys(ACTIONS).join(", "))
        .argument("[name]", "create, rm: the token's name")
        .option("--role <role>", "create: read (the default), deploy or admin")
        .option("--service <name...>", "create: only these services")
        .option("--stack <name...>", "create: only these stacks")
        .option("--expires <time>", "create: refused after so long; without, it stands until it is removed"),
      "token create ci --role deploy --service shop/web --expires 90d",
      "token create board",
      "token create release --role deploy --stack uat --service shop/web",
      "token ls",
      "token rm ci",
    ),
  run(cli, [action = "", name], options) {
    return actionOf("token", ACTIONS, action)(cli, name, options);
  },
};
