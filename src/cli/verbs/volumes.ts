import type { Cli, Verb } from "../cli.ts";
import { answer, type Volume } from "../client.ts";
import { examples } from "../examples.ts";
import { age, size, table } from "../table.ts";

export const volumes: Verb = {
  declare: (command) => examples(command.argument("[stack]"), "volumes", "volumes shop", "volumes --json"),
  async run(cli, args) {
    const answered = await answer((await cli.client()).api.GET("/v1/volumes"));
    const shown = answered.volumes.filter((volume) => args[0] === undefined || volume.stack === args[0]);
    if (cli.json) {
      cli.document({ volumes: shown });
      return 0;
    }
    const rows = shown.map((volume) => [
      volume.name,
      volume.stack ?? "-",
      volume.bytes === null ? "?" : size(volume.bytes),
      volume.lastSnapshot === null ? "none" : `${age(volume.lastSnapshot.createdAt, Date.now())} ago`,
      usedBy(volume),
      state(cli, volume),
    ]);
    for (const line of table(["VOLUME", "STACK", "SIZE", "SNAPSHOT", "USED BY", "STATE"], rows)) cli.print(line);
    return 0;
  },
};

const usedBy = ({ users }: Volume): string =>
  users.map((user) => `${user.container}${user.readOnly ? " (ro)" : ""}${user.running ? "" : " (stopped)"}`).join(" ") || "-";

function state(cli: Cli, volume: Volume): string {
  if (volume.work !== null) return cli.paint.cyan(volume.work);
  if (volume.halfRestored !== null) return cli.paint.red(`half restored: instar snapshot restore ${volume.halfRestored}`);
  if (volume.frozenSince !== null) return cli.paint.red(`still frozen, since ${age(volume.frozenSince, Date.now())}: instar doctor`);
  if (!volume.ours) return cli.paint.dim("external");
  return volume.orphan ? cli.paint.yellow("orphan: nothing names it; it stays until instar volume rm") : "";
}
