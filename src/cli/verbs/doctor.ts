import type { Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";

export const doctor: Verb = {
  declare: (command) => examples(command, "doctor", "doctor --json"),
  async run(cli) {
    const client = await cli.client();
    const { version } = await answer(client.api.GET("/v1/version"));
    const { checks } = await answer(client.api.GET("/v1/doctor"));
    const same = version === cli.version;
    const all = [
      {
        name: "versions",
        state: same ? ("ok" as const) : ("warn" as const),
        message: same ? version : `the daemon is ${version}, this client ${cli.version}`,
        hint: same ? null : "use the client that came with the daemon",
      },
      ...checks,
    ];
    if (cli.json) cli.document({ checks: all });
    const signs = { ok: cli.paint.green("ok  "), warn: cli.paint.yellow("warn"), fail: cli.paint.red("fail") };
    for (const check of cli.json ? [] : all)
      cli.print(`${signs[check.state]}  ${check.name}: ${check.message}${check.hint === null ? "" : ` → ${check.hint}`}`);
    return all.some((check) => check.state === "fail") ? 1 : 0;
  },
};
