import type { Verb } from "../cli.ts";
import { answer } from "../client.ts";
import { examples } from "../examples.ts";
import { domainsOf } from "../shares.ts";
import { short, table } from "../table.ts";

export const services: Verb = {
  declare: (command) => examples(command.argument("[stack]"), "services", "services shop"),
  async run(cli, args) {
    const query = args[0] === undefined ? {} : { stack: args[0] };
    const answered = await answer((await cli.client()).api.GET("/v1/services", { params: { query } }));
    if (cli.json) {
      cli.document({ services: answered.services });
      return 0;
    }
    const rows = answered.services.map((s) => [
      `${s.stack}/${s.service}`,
      `r${s.revision}${s.pinned ? " pinned" : ""}`,
      state(s.state, cli.paint),
      `${s.replicas.serving}/${s.replicas.wanted}`,
      [...s.ports.map((p) => `${p.published}→${p.target}${p.protocol === "tcp" ? "" : `/${p.protocol}`}`), ...domainsOf(s)].join(" "),
      s.image,
      short(s.digest),
    ]);
    for (const line of table(["SERVICE", "REV", "STATE", "SERVING", "REACHED BY", "IMAGE", "DIGEST"], rows)) cli.print(line);
    return 0;
  },
};

function state(
  name: string,
  paint: { red: (t: string) => string; yellow: (t: string) => string; green: (t: string) => string; dim: (t: string) => string },
): string {
  if (name === "failed" || name === "degraded") return paint.red(name);
  if (name === "deploying") return paint.yellow(name);
  return name === "running" ? paint.green(name) : paint.dim(name);
}
