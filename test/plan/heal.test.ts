import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Candidate, type Healed, IN_A_ROW, PAUSE_MS, planHealing, type Ward, YOUNG_MS } from "../../src/plan/heal.ts";
import { suggest, suggestionText } from "../../src/plan/suggest.ts";

const NOW = 100_000_000;
const one = (more: Partial<Candidate> = {}): Candidate => ({
  ...{ name: "web-1", slot: 1, instanceHash: "aa", verdict: "tainted", because: "exec: sh", paths: [] },
  startedAt: NOW - 60_000,
  driftedAt: NOW - 1000,
  ...more,
});
const healed = (ago: number, lived: number, more: Partial<Healed> = {}): Healed => ({
  ...{ slot: 1, instanceHash: "aa", at: NOW - ago, startedAt: NOW - ago - lived },
  ...more,
});
const ward = (more: Partial<Ward>): Ward => ({ policy: "enforce", candidates: [], healed: [], failedAt: null, moving: false, ...more });
const names = (more: Partial<Ward>) => planHealing(ward(more), NOW).replace.map(({ name }) => name);

const ROW = [healed(300_000, YOUNG_MS * 5), healed(200_000, 60_000), healed(100_000, 60_000)];

describe("which drifted instances are replaced", () => {
  it.each<[string, Partial<Ward>, readonly string[]]>([
    ["a tainted one", { candidates: [one()] }, ["web-1"]],
    [
      "a changed and a foreign one together",
      { candidates: [one({ verdict: "changed" }), one({ name: "web-2", verdict: "foreign" })] },
      ["web-1", "web-2"],
    ],
    ["a clean one is not", { candidates: [one({ verdict: "none" })] }, []],
    ["a worn one is the planner's", { candidates: [one({ verdict: "worn" })] }, []],
    ["not under detect", { policy: "detect", candidates: [one()] }, []],
    ["not while a deployment runs", { moving: true, candidates: [one()] }, []],
    [
      "unwatched ones one by one",
      { candidates: [one({ name: "b", verdict: "unwatched" }), one({ name: "a", verdict: "unwatched" })] },
      ["a"],
    ],
    ["unwatched ones by name", { candidates: [one({ name: "a", verdict: "unwatched" }), one({ name: "b", verdict: "unwatched" })] }, ["a"]],
    ["unwatched ones after the tainted ones", { candidates: [one({ name: "a", verdict: "unwatched" }), one({ name: "b" })] }, ["b"]],
    ["the third in a row still", { candidates: [one()], healed: ROW.slice(1) }, ["web-1"]],
    ["the fourth in a row not", { candidates: [one()], healed: ROW }, []],
    ["the others of it still", { candidates: [one(), one({ name: "web-2", slot: 2 })], healed: ROW }, ["web-2"]],
    ["one that lived just an hour begins a new row", { candidates: [one({ startedAt: NOW - YOUNG_MS - 1000 })], healed: ROW }, ["web-1"]],
    ["of another slot", { candidates: [one({ slot: 2 })], healed: ROW }, ["web-1"]],
    ["of another content", { candidates: [one({ instanceHash: "bb" })], healed: ROW }, ["web-1"]],
    ["one that lived an hour first begins a new row", { candidates: [one({ startedAt: NOW - YOUNG_MS - 2000 })], healed: ROW }, ["web-1"]],
    ["a row is broken by one that lived long", { candidates: [one()], healed: [...ROW.slice(0, 2), healed(50_000, YOUNG_MS)] }, ["web-1"]],
    ["not right after a replacement failed", { candidates: [one()], failedAt: NOW - 1000 }, []],
    ["again when the clock has been set back since", { candidates: [one()], failedAt: NOW + 1000 }, ["web-1"]],
    ["again when that is a while ago", { candidates: [one()], failedAt: NOW - PAUSE_MS }, ["web-1"]],
  ])("%s", (_, more, expected) => expect(names(more)).toEqual(expected));

  it("one that is left alone is told with the paths it writes and the way out", () => {
    const { held } = planHealing(ward({ candidates: [one({ paths: ["/var/cache/a", "/var/cache/b"] })], healed: ROW }), NOW);
    expect(held.map(({ because }) => because)).toEqual([
      "slot 1 was replaced 3 times in a row and drifted again: it writes /var/cache/a, /var/cache/b; declare them as scratch or volumes (instar drift suggest), or instar heal",
    ]);
  });

  it("after a failure every drifted one is told with the reason; where nothing is enforced, none", () => {
    const candidates = [one(), one({ name: "web-2", verdict: "changed" })];
    const { held } = planHealing(ward({ candidates, failedAt: NOW - 1000 }), NOW);
    expect(held.map(({ candidate, because }) => [candidate.name, because.slice(0, 32)])).toEqual([
      ["web-1", "the last replacement for drift f"],
      ["web-2", "the last replacement for drift f"],
    ]);
    expect(planHealing(ward({ candidates, policy: "detect" }), NOW)).toEqual({ replace: [], held: [] });
  });

  it.each([
    [5, "it writes /1, /2, /3, /4, /5; declare them"],
    [7, "it writes /1, /2, /3, /4, /5 and 2 more; declare them"],
    [0, "drifted again: exec: sh; find out who does this"],
  ])("of %i paths it tells five", (count, words) => {
    const paths = Array.from({ length: count }, (_, nth) => `/${nth + 1}`);
    expect(planHealing(ward({ candidates: [one({ paths })], healed: ROW }), NOW).held[0]?.because).toContain(words);
  });

  it("an application that drifts soon after every start is replaced three times, whatever its pace", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: YOUNG_MS - 1 }), { minLength: 5, maxLength: 20 }), (lives) => {
        let now = NOW;
        const record: Healed[] = [];
        for (const life of lives) {
          const startedAt = now;
          now += life;
          const plan = planHealing(ward({ candidates: [one({ startedAt, driftedAt: now })], healed: record }), now);
          if (plan.replace.length > 0) record.push({ slot: 1, instanceHash: "aa", startedAt, at: now });
        }
        expect(record).toHaveLength(IN_A_ROW);
      }),
    );
  });
});

describe("what would declare what is written", () => {
  const added = (...paths: string[]) => suggest(paths.map((path) => ({ path, kind: "A" as const })));
  it.each<[string, readonly string[], Partial<ReturnType<typeof suggest>>]>([
    ["temporary files", ["/tmp/a/b", "/tmp/c"], { scratch: ["/tmp"] }],
    [
      "nginx",
      ["/run/nginx.pid", "/var/cache/nginx/client_temp", "/var/cache/nginx/proxy_temp/1"],
      { scratch: ["/run", "/var/cache/nginx"] },
    ],
    ["a pid file beside data", ["/srv/app/app.pid"], { scratch: ["/srv/app"] }],
    ["uploads", ["/app/uploads/1.png", "/app/uploads/2.png"], { volumes: ["/app/uploads"] }],
    ["sessions of an application", ["/app/storage/sessions/abc"], { scratch: ["/app/storage/sessions"] }],
    ["a folder within another one", ["/app/data/1", "/app/data/more/2"], { volumes: ["/app/data"] }],
    ["a database", ["/var/lib/mysql/ibdata1"], { volumes: ["/var/lib/mysql"] }],
    ["a program replaced", ["/usr/bin/node"], { image: ["/usr/bin/node"] }],
    ["a mount that would hide the application", ["/app/state.json"], { volumes: ["/app/state.json"] }],
    ["folders made on the way", ["/var/cache", "/var/cache/app", "/var/cache/app/page"], { scratch: ["/var/cache/app"] }],
    ["nothing", [], {}],
  ])("%s", (_, paths, expected) => expect(added(...paths)).toEqual({ scratch: [], volumes: [], image: [], ...expected }));

  it("a deleted file of the image is the image's business", () =>
    expect(suggest([{ path: "/app/server.js", kind: "D" }]).image).toEqual(["/app/server.js"]));

  it("so is a changed file beside the application", () =>
    expect(suggest([{ path: "/app/server.js", kind: "C" }])).toEqual({ scratch: [], volumes: [], image: ["/app/server.js"] }));

  it("what is only of the image is nothing to declare", () =>
    expect(suggestionText("web", { scratch: [], volumes: [], image: ["/x"] })).toEqual(["# /x is part of the image: change it there"]));

  it("only what there is stands in a stack file", () =>
    expect(suggestionText("web", { scratch: ["/tmp"], volumes: [], image: [] })).toEqual([
      "services:",
      "  web:",
      "    x-instar:",
      "      immutable: enforce",
      "      scratch: [/tmp]",
    ]));

  it.each<[readonly string[], readonly string[]]>([
    [
      ["/app/a/data", "/app/b/data", "/app/uploads"],
      ["web-a-data", "web-b-data", "web-uploads"],
    ],
    [
      ["/app/data", "/data"],
      ["web-app-data", "web-data"],
    ],
    [
      ["/srv/a.b/data", "/srv/ab/data"],
      ["web-srv-ab-data", "web-srv-ab-data-2"],
    ],
    [
      ["/srv/é", "/srv/ü"],
      ["web-srv", "web-srv-2"],
    ],
    [["/é"], ["web-data"]],
  ])("%j have each a volume of its own", (volumes, names) => {
    const lines = suggestionText("web", { scratch: [], volumes, image: [] });
    expect(lines.filter((line) => line.startsWith("      - "))).toEqual(volumes.map((path, nth) => `      - ${names[nth]}:${path}`));
    expect(lines.slice(lines.indexOf("volumes:") + 1)).toEqual(names.map((name) => `  ${name}: {}`));
  });

  it("stands as it would in a stack file", () =>
    expect(suggestionText("web", { scratch: ["/tmp"], volumes: ["/app/uploads"], image: ["/usr/bin/x"] })).toEqual([
      "services:",
      "  web:",
      "    volumes:",
      "      - web-uploads:/app/uploads",
      "    x-instar:",
      "      immutable: enforce",
      "      scratch: [/tmp]",
      "volumes:",
      "  web-uploads: {}",
      "# /usr/bin/x is part of the image: change it there",
    ]));
});
