import { InstarError } from "../../errors.ts";
import type { Cli, Exit, Verb } from "../cli.ts";
import { answer, type Snapshot } from "../client.ts";
import { confirm } from "../confirm.ts";
import { detachable } from "../detach.ts";
import { examples } from "../examples.ts";
import { age, size, table } from "../table.ts";
import { actionOf, needed } from "../verb-action.ts";
import { followWork } from "../volume-progress.ts";

type Options = Readonly<Record<string, unknown>>;
type Action = (cli: Cli, args: readonly string[], options: Options) => Promise<Exit>;

const create: Action = async (cli, args, options) => {
  const body = JSON.stringify({ name: needed(args[0], "snapshot create VOLUME|SERVICE"), running: options.running === true });
  const made = await work(cli, "/v1/snapshots", body);
  return told(cli, made, (one) => `${one.id}  ${one.volume}  ${size(one.rawBytes)}, ${size(one.bytes)} on disk, sha256 ${one.sha256}`);
};

const ls: Action = async (cli, args) => {
  const query = args[0] === undefined ? {} : { volume: args[0] };
  const { snapshots } = await answer((await cli.client()).api.GET("/v1/snapshots", { params: { query } }));
  if (cli.json) return told(cli, snapshots, String);
  const rows = snapshots.map((s) => [
    ...[s.id, s.volume, `${age(s.createdAt, Date.now())} ago`, size(s.rawBytes), size(s.bytes), s.deployment ?? s.origin],
    s.consistency === "crash" ? cli.paint.yellow("taken while a writer ran") : s.consistency === "frozen" ? "frozen" : "",
  ]);
  for (const line of table(["SNAPSHOT", "VOLUME", "AGE", "SIZE", "ON DISK", "FROM", ""], rows)) cli.print(line);
  return 0;
};

const restore: Action = async (cli, args, options) => {
  const id = needed(args[0], "snapshot restore ID");
  const { snapshots } = await answer((await cli.client()).api.GET("/v1/snapshots", { params: { query: {} } }));
  const volume = snapshots.find((one) => one.id === id)?.volume;
  if (volume === undefined) throw new InstarError("INS2013", `there is no snapshot ${id}`);
  await confirm(cli, `All that is in ${volume} will be replaced by ${id}`, volume, options.yes === true);
  return told(cli, await work(cli, `/v1/snapshots/${encodeURIComponent(id)}/restore`), (one) => `restored ${one.volume} from ${one.id}`);
};

const verify: Action = async (cli, args) => {
  const id = encodeURIComponent(needed(args[0], "snapshot verify ID"));
  return told(cli, await work(cli, `/v1/snapshots/${id}/verify`), (one) => `${one.id} is whole: sha256 ${one.sha256}`);
};

const rm: Action = async (cli, args) => {
  const params = { path: { id: needed(args[0], "snapshot rm ID") } };
  const result = await answer((await cli.client()).api.DELETE("/v1/snapshots/{id}", { params }));
  if (cli.json) cli.document(result);
  else cli.print(`removed ${result.removed}`);
  return 0;
};

const exporting: Action = async (cli, args, options) => {
  const { exportSnapshot } = await import("../archive-file.ts");
  const id = needed(args[0], "snapshot export ID [FILE]");
  const to = args[1] ?? "-";
  const bytes = await exportSnapshot(await cli.client(), id, to, options.zstd === true);
  if (cli.json && to !== "-") cli.document({ snapshot: id, file: to, bytes });
  else cli.remark(`exported ${id}: ${size(bytes)}`);
  return 0;
};

const importing: Action = async (cli, args, options) => {
  const { openArchive } = await import("../archive-file.ts");
  const volume = needed(typeof options.volume === "string" ? options.volume : undefined, "snapshot import FILE --volume NAME");
  const query = new URLSearchParams({ volume, ...(typeof options.stack === "string" ? { stack: options.stack } : {}) });
  const client = await cli.client();
  const body = await openArchive(needed(args[0], "snapshot import FILE --volume NAME"));
  const headers = { "content-type": "application/octet-stream" };
  const lines = await client.stream(`/v1/snapshots/import?${query}`, { method: "POST", headers, body });
  const made = await followWork(cli, lines);
  return told(cli, made, (one) => `${one.id}  ${one.volume}  ${size(one.rawBytes)}; instar snapshot restore ${one.id} puts it in place`);
};

const ACTIONS: Readonly<Record<string, Action>> = { create, ls, restore, verify, rm, export: exporting, import: importing };

async function work(cli: Cli, path: string, body = "{}"): Promise<readonly Snapshot[]> {
  const client = await cli.client();
  const headers = { "content-type": "application/json" };
  return detachable(cli, async () => followWork(cli, await client.stream(path, { method: "POST", headers, body })), "instar volumes");
}

function told(cli: Cli, snapshots: readonly Snapshot[], words: (snapshot: Snapshot) => string): Exit {
  if (cli.json) cli.document({ snapshots });
  else for (const snapshot of snapshots) cli.print(words(snapshot));
  return 0;
}

export const snapshot: Verb = {
  declare: (command) =>
    examples(
      command
        .argument("<action>", Object.keys(ACTIONS).join(", "))
        .argument("[name]", "create: a volume or a service; ls: a volume; import: a file or -; else a snapshot's id")
        .argument("[file]", "export: where to write it; - or nothing is stdout")
        .option("--running", "create: while writers run and without their freeze; it is then what a power cut would leave")
        .option("-y, --yes", "restore: do not ask")
        .option("--zstd", "export: compressed, as for a file that ends in .zst")
        .option("--volume <name>", "import: the volume it is for")
        .option("--stack <name>", "import: the stack the volume will belong to, where there is none yet"),
      "snapshot create shop_data",
      "snapshot create shop/db --running",
      "snapshot ls shop_data",
      "snapshot verify 20261122-231507-3fa9c1",
      "snapshot restore 20261122-231507-3fa9c1",
      "snapshot export 20261122-231507-3fa9c1 data.tar.zst",
      "snapshot import data.tar.zst --volume shop_data --stack shop",
      "snapshot export 20261122-231507-3fa9c1 | ssh other instar snapshot import - --volume shop_data",
    ),
  run(cli, [name = "", ...args], options) {
    const action = actionOf("snapshot", ACTIONS, name);
    if (action !== exporting && args[1] !== undefined)
      throw new InstarError("INS2001", `snapshot ${name} takes one name, and ${args[1]} is another`, { hint: "write it once for each" });
    return action(cli, args, options);
  },
};
