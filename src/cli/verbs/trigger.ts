import { InstarError } from "../../errors.ts";
import type { Cli, Exit, Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";
import { serviceOf, whole } from "../name.ts";
import { age, table } from "../table.ts";
import { actionOf, needed } from "../verb-action.ts";

type Options = Readonly<Record<string, unknown>>;
type Action = (cli: Cli, args: readonly string[], options: Options) => Promise<Exit>;

const KINDS = ["redeploy", "scale-up"] as const;

const create: Action = async (cli, args, options) => {
  const client = await cli.client();
  const kind = KINDS.find((one) => one === (options.kind ?? "redeploy"));
  if (kind === undefined)
    throw new InstarError("INS2001", `${String(options.kind)} is no kind of trigger`, { hint: `one of ${KINDS.join(", ")}` });
  if (kind === "redeploy" && (options.by !== undefined || options.max !== undefined))
    throw new InstarError("INS2001", "--by and --max are for --kind scale-up");
  const path = await serviceOf(client, needed(args[0], "trigger create SERVICE"));
  const body = {
    name: typeof options.name === "string" ? options.name : null,
    kind,
    hmac: options.hmac === true,
    body: options.body === true,
    anyTag: options.anyTag === true,
    by: whole(String(options.by ?? 1), "--by", 1),
    most: whole(String(options.max ?? 20), "--max", 1),
  };
  const made = await answer(client.api.POST("/v1/stacks/{stack}/services/{service}/triggers", { params: { path }, body }));
  if (cli.json) {
    cli.document(made);
    return 0;
  }
  cli.print(made.url ?? made.path);
  if (made.hmacKey !== null) cli.print(made.hmacKey);
  const { id } = made.trigger;
  cli.remark(
    `${id} for ${path.stack}/${path.service}. Whoever knows the URL can call it; it is not shown again. instar trigger rm ${id} ends it.`,
  );
  if (made.hmacKey !== null) cli.remark("Calls must carry x-hub-signature-256: sha256=HMAC-SHA256(key, body); the key is the second line.");
  return 0;
};

const ls: Action = async (cli, args) => {
  const client = await cli.client();
  const of = args[0] === undefined ? null : await serviceOf(client, args[0]);
  const all = (await answer(client.api.GET("/v1/triggers"))).triggers;
  const triggers = all.filter((one) => of === null || (one.stack === of.stack && one.service === of.service));
  if (cli.json) {
    cli.document({ triggers });
    return 0;
  }
  const rows = triggers.map((one) => [
    ...[one.id, `${one.stack}/${one.service}`, one.name ?? "-", one.kind === "redeploy" ? one.kind : `+${one.by}, to ${one.most}`],
    [one.hmac ? "hmac" : "", one.body ? "body" : "", one.anyTag ? "any-tag" : ""].filter((word) => word !== "").join(" ") || "-",
    `${one.calls.accepted} taken, ${one.calls.refused} refused`,
    one.last === null ? "never" : `${age(one.last.at, Date.now())} ago, ${one.last.outcome}: ${one.last.reason}`,
  ]);
  for (const line of table(["TRIGGER", "SERVICE", "NAME", "DOES", "OPTIONS", "CALLS", "LAST"], rows)) cli.print(line);
  return 0;
};

const rm: Action = async (cli, args) => {
  const params = { path: { id: needed(args[0], "trigger rm ID") } };
  const result = await answer((await cli.client()).api.DELETE("/v1/triggers/{id}", { params }));
  if (cli.json) cli.document(result);
  else cli.print(`removed ${result.removed}; its URL is answered with 404 from now on`);
  return 0;
};

const ACTIONS: Readonly<Record<string, Action>> = { create, ls, rm };

export const trigger: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("<action>", Object.keys(ACTIONS).join(", "))
        .argument("[name]", "create, ls: a service; rm: a trigger's id")
        .option("--kind <kind>", "create: redeploy (the default) or scale-up")
        .option("--name <name>", "create: what you call it")
        .option("--hmac", "create: calls must be signed; the key is shown once, under the URL")
        .option("--body", "create: new instances find the call's body in INSTAR_TRIGGER_BODY")
        .option("--any-tag", "create: a push of another tag of the repository is deployed too")
        .option("--by <n>", "create: how many instances scale-up adds, 1 by default")
        .option("--max <n>", "create: the number of instances that scale-up never passes, 20 by default"),
      "trigger create shop/web",
      "trigger create shop/web --hmac --name github",
      "trigger create shop/web --kind scale-up --by 2 --max 10",
      "trigger ls shop/web",
      "trigger rm t5f3a9c2107",
    ),
  run(cli, [name = "", ...args], options) {
    return actionOf("trigger", ACTIONS, name)(cli, args, options);
  },
};
