import { type Verdict, verdicts } from "./judge.ts";
import type { PeerName } from "./peer.ts";
import type { Part, Results, Row, Scenario } from "./row.ts";

/** In the order of the page. */
export const ORDER: readonly PeerName[] = ["instar", "swarm", "compose", "docker"];
/** An engine at rest takes a few percent of the CPU; above this share other work took part. */
const BUSY = 0.2;

const SHAPES = { three: "Three replicas", one: "One stateful instance with a volume" } as const;
const TRAFFIC = {
  quick: "GET and POST, answered at once",
  slow: "GET and POST, one in twenty answered after two seconds",
} as const;

/** docs/benchmarks.md, whole. */
export function page(results: Results): string {
  const parts = partsOf(results);
  const sections = (["three-quick", "three-slow", "one-slow"] as const).map((key) => {
    const [shape, traffic] = key.split("-") as [Scenario["shape"], Scenario["traffic"]];
    return `## ${SHAPES[shape]}: ${TRAFFIC[traffic]}\n\n${table(parts, shape, traffic)}`;
  });
  return `${[
    "# Deployments side by side",
    "<!-- Written by script/bench --peers. -->",
    "Instar, Docker Swarm, Docker Compose and plain `docker`, each bringing the same new image into service by its own commands, on one machine and one engine, under the same load: 200 requests a second over loopback, a third of them POST, half on new connections, sent on time whatever happens and never sent again. A request has failed when its answer is not a whole, correct 2xx.",
    measuredWhere(parts),
    "![Failed requests and time of each deployment](benchmarks.svg)",
    "## What is claimed of Instar",
    claims(verdicts(results)),
    ...sections,
    "## How to read it",
    legend,
    "## Everybody's settings",
    settings(parts),
    "## Again",
    "`script/bench --peers` measures all of them and writes this page and its plot; `script/bench --peers swarm` only that part. It makes what it needs on the lab's engine (`script/lab`), a swarm of one node included, and removes it. The figures are in `bench/peers.json`.",
  ].join("\n\n")}\n`;
}

const legend = `- **deploy** is a version that has never served in this run, **redeploy** fresh instances of the same one, **rollback** the version before.
- **polite** answers on SIGTERM what is under way, takes nothing new, and exits; **rude** exits at once.
- **slowest** is the longest any answered request took, beyond the two seconds that a slow one asks for.
- **time** is from the command until it has returned, every wanted instance runs (healthy, where the engine has a health check) and no old one is left; the median where there were several.
- **first new** is when the first answer of a fresh instance was whole, **all new** when every wanted one had answered.
- **× floor** is that time over the engine's own: create, start, first answer, stop and remove through its raw API, one after the other, in turns with the deployments and under the same load. It waits for no request and routes nothing. In a deploy Instar lets the first new instance stand ready for 600 ms before it is routed, while the next one starts ([ADR 0005](adr/0005-proving-new-content.md)); in a redeploy and a rollback, whose content has served, it does not.
- **memory** is the peak during the deployment less what was there before, of the engine, its containers and the deployer's daemon (private pages; the largest of the deployments).`;

export const partsOf = (results: Results): readonly Part[] => ORDER.flatMap((name) => results[name] ?? []);

/** Machine, date and versions; honest about other work. */
function measuredWhere(parts: readonly Part[]): string {
  const rows = parts.flatMap((part) => part.rows);
  const moments = rows.map(({ at }) => at.slice(0, 16).replace("T", " ")).sort();
  const busy = rows.map((row) => row.busy);
  const sentences = [
    `Measured on ${unique(parts.map(({ machine }) => machine)).join("; ")}, from ${moments[0]} to ${moments.at(-1)} UTC.`,
    `${unique(parts.flatMap(({ versions }) => versions)).join(", ")}.`,
    `In the second before each scenario ${percent(Math.min(...busy))} to ${percent(Math.max(...busy))} of the machine's CPU was busy, and the load generator at most ${Math.max(...rows.map(({ lagMs }) => lagMs))} ms late.`,
  ];
  if (Math.max(...busy) > BUSY)
    sentences.push(
      "**Other work was running on the machine**: all times, the floor's too, are longer than on a quiet one, and not evenly so; failed requests are what to read.",
    );
  return sentences.join(" ");
}

function table(parts: readonly Part[], shape: Scenario["shape"], traffic: Scenario["traffic"]): string {
  const cells = parts.flatMap(({ title, rows }) =>
    rows.filter((row) => row.shape === shape && row.traffic === traffic).map((row) => ({ title, row })),
  );
  const keys = unique(cells.map(({ row }) => `${row.move}, ${row.manner}`));
  const lines = keys.flatMap((key) =>
    cells
      .filter(({ row }) => `${row.move}, ${row.manner}` === key)
      .map(({ title, row }, n) => `| ${n === 0 ? key : ""} | ${title} | ${figures(row).join(" | ")} |`),
  );
  const head = ["", "", "failed", "slowest", "time", "× floor", "first new", "all new", "memory"];
  return [`| ${head.join(" | ")} |`, `|${head.map((_, n) => (n < 2 ? "---" : "---:")).join("|")}|`, ...lines].join("\n");
}

function figures(row: Row): readonly string[] {
  const failed = `${row.failed} of ${row.requests.toLocaleString("en")}`;
  const kinds = Object.entries(row.failedBy).map(([kind, count]) => `${count} ${kind}`);
  return [
    row.failed === 0 ? failed : `**${failed}** (${kinds.join(", ")})`,
    `${row.slowestMs.toLocaleString("en")} ms`,
    seconds(row.totalMs),
    (row.totalMs / row.floorMs).toFixed(2),
    seconds(row.firstMs),
    seconds(row.allMs),
    `${Math.round(row.extraMb)} MB`,
  ];
}

const percent = (share: number): string => `${Math.round(share * 100)}%`;
export const seconds = (ms: number | null): string => (ms === null ? "never" : `${(ms / 1000).toFixed(2)} s`);

function claims(all: readonly Verdict[]): string {
  const lines = all.map(
    ({ claim, met, measured }) => `| ${claim} | ${measured} | ${met === null ? "not measured" : met ? "met" : "**not met**"} |`,
  );
  return ["| claim | measured | |", "|---|---|---|", ...lines].join("\n");
}

function settings(parts: readonly Part[]): string {
  const balancer =
    "- **HAProxy** before the three that have no router: `resolvers docker` (the engine's DNS at 127.0.0.11, asked every second, `hold valid 1s`) and `server-template`, as in HAProxy's own article on Docker Swarm and DNS service discovery; `option httpchk` every 500 ms with `fall 1 rise 1`, `observe layer4` with `on-error mark-down`, `option http-server-close`, `option redispatch 1`, `retries 3`, `retry-on all-retryable-errors` with `disable-l7-retry` for everything but GET, as the configuration manual advises. For the single writer `retries 10` and `fall 20`, so that a request can wait for the next one (the manual's turn-around of a second between retries on one server).";
  return [...parts.map(({ title, recipe }) => `- **${title}**: ${recipe}`), balancer].join("\n");
}

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];
