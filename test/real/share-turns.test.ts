import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { partsText } from "../../src/route/parts.ts";
import type { DomainPart } from "../../src/route/types.ts";
import { part } from "../route/tables.ts";
import { inLua } from "./lua.ts";

const A = "be:shop:a:80";
const B = "be:shop:b:80";
const names = Array.from({ length: 5 }, (_, index) => `be:shop:s${index}:80`);

/** Stretches of requests, each with other parts ready. */
interface World {
  readonly parts: readonly DomainPart[];
  readonly stretches: readonly { readonly requests: number; readonly ready: readonly boolean[] }[];
}
const world: fc.Arbitrary<World> = fc.integer({ min: 2, max: 5 }).chain((size) =>
  fc.record({
    parts: fc.tuple(
      ...names
        .slice(0, size)
        .map((name) => fc.record({ weight: fc.integer({ min: 1, max: 100 }), holds: fc.boolean() }).map((of) => part(name, of.weight, of))),
    ),
    stretches: fc.array(
      fc.record({ requests: fc.integer({ min: 1, max: 300 }), ready: fc.array(fc.boolean(), { minLength: size, maxLength: size }) }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
);

const lua = (values: readonly unknown[]): string => `{${values.join(",")}}`;

/** One line for each world, one word for each stretch: the numbers of the parts chosen, in order. */
const script = (worlds: readonly World[]): string => `
for _, world in ipairs(${lua(
  worlds.map(({ parts, stretches }) =>
    lua([
      `list=${JSON.stringify(partsText(parts))}`,
      ...stretches.map((s) => lua([`requests=${s.requests}`, ...s.ready.map((r) => (r ? 1 : 0))])),
    ]),
  ),
)}) do
  for _, stretch in ipairs(world) do
    local servers = {}
    for index, ready in ipairs(stretch) do servers["be:shop:s" .. (index - 1) .. ":80"] = ready end
    local chosen = {}
    for request = 1, stretch.requests do
      local vars = { ["txn.be"] = world.list }
      actions.share(transaction(vars, servers))
      chosen[request] = string.match(vars["txn.be"], "s(%d):80$")
    end
    io.write(table.concat(chosen), " ")
  end
  io.write("\\n")
end
`;

const countOf = (text: string, index: number): number => text.split(String(index)).length - 1;

describe("turns, in the router's own Lua", () => {
  // The seed that is written out: what small weights owed to large ones, earlier.
  test.each([489_649_372, Math.floor(Math.random() * 2 ** 31)])(
    "every stretch of requests is divided by the weights of what is ready, and nothing else gets any: seed %i",
    async (seed) => {
      // Whatever ran before with the same weights has left its turns behind: each list is another.
      const worlds = new Map(fc.sample(world, { numRuns: 400, seed }).map((one) => [partsText(one.parts), one]));
      const lines = (await inLua(script([...worlds.values()]))).split("\n");
      for (const [number, { parts, stretches }] of [...worlds.values()].entries()) {
        const words = lines[number]?.split(" ") ?? [];
        for (const [at, { requests, ready }] of stretches.entries()) {
          const chosen = words[at] ?? "";
          const some = (fits: (one: DomainPart, index: number) => boolean): readonly DomainPart[] => parts.filter(fits);
          const able =
            [some((_one, index) => ready[index] === true), some(({ holds }) => holds), parts].find((list) => list.length > 0) ?? [];
          const whole = able.reduce((sum, { weight }) => sum + weight, 0);
          expect(chosen.length, `seed ${seed}`).toBe(requests);
          for (const [index, one] of parts.entries()) {
            const exact = able.includes(one) ? (requests * one.weight) / whole : 0;
            // A turn lies between one request behind (the part just served) and as many ahead as there are others.
            const most = able.includes(one) ? able.length : 1;
            expect(
              Math.abs(countOf(chosen, index) - exact),
              `seed ${seed}: ${JSON.stringify({ parts, ready, requests, index })}`,
            ).toBeLessThan(most);
          }
        }
      }
    },
  );

  test("over a whole round the shares are the weights, to the request, and evenly spread", async () => {
    const weights = [
      [90, 10],
      [1, 99],
      [50, 50],
      [1, 10_000],
      [3, 5, 7],
      [1, 1, 1, 1, 1],
    ];
    const worlds = weights.map((list): World => {
      const parts = list.map((weight, index) => part(names[index] ?? "", weight));
      return { parts, stretches: [{ requests: list.reduce((sum, weight) => sum + weight, 0), ready: list.map(() => true) }] };
    });
    const lines = (await inLua(script(worlds))).split("\n").map((line) => line.trim());
    expect(weights.map((list, number) => list.map((_weight, index) => countOf(lines[number] ?? "", index)))).toEqual(weights);
    expect(lines[0]).toMatch(/^(0{4,5}10{4,5})+$/);
  });

  test("who asks for a revision or comes back with a cookie goes where it is, ready or not known in this worker", async () => {
    const list = partsText([part(A, 99, { revisions: [7], sticky: "SRV" }), part(B, 1, { revisions: [8], sticky: "SRV" })]);
    const said = await inLua(`
local servers
local function ask(header, cookie)
  local vars = { ["txn.be"] = ${JSON.stringify(list)} }
  actions.share(transaction(vars, servers, header, { SRV = cookie }))
  print(vars["txn.be"], vars["txn.shares"] == ${JSON.stringify(list)})
end
servers = { ["${A}"] = 2, ["${B}"] = 1 }
ask("8"); ask("8"); ask("7"); ask("9")
ask(nil, "shop-b-r8-1-a1"); ask(nil, "shop-b-r8-1-a1"); ask(nil, "shop-b-x"); ask(nil, "shop-b-r8-1-a1x")
servers = { ["${A}"] = 2, ["${B}"] = 0 }
ask("8"); ask(nil, "shop-b-r8-1-a1")
servers = { ["${A}"] = 2 }
ask(nil, "shop-b-r8-1-a1")
`);
    const to = (name: string): string => `${name}\ttrue`;
    expect(said.split("\n").slice(0, 11)).toEqual([
      ...[to(B), to(B), to(A), to(A)],
      ...[to(B), to(B), to(A), to(A)],
      ...[to(B), to(A)],
      to(A),
    ]);
  });

  test("a request that waits goes to whichever is ready first, and a stopping worker hands on the domain, not the choice", async () => {
    const list = partsText([part(A, 99, { holds: true }), part(B, 1)]);
    const said = await inLua(`
local function wait(changes)
  local servers, vars = { ["${A}"] = 0, ["${B}"] = 0 }, { ["txn.be"] = ${JSON.stringify(list)}, ["txn.hold"] = "1000/10" }
  local txn = transaction(vars, servers)
  actions.share(txn)
  local chosen, from = vars["txn.be"], clock
  sleep = function(now) if now - from >= 100 then changes(servers, vars) end end
  actions.hold(txn)
  print(chosen, vars["txn.be"], vars["txn.held"], vars["txn.handon"], clock - from)
end
wait(function(servers) servers["${A}"] = 1 end)
wait(function(servers) servers["${B}"] = 1 end)
wait(function() end)
wait(function(_, vars) vars.stopping = 1 end)
`);
    expect(said.split("\n").slice(0, 4)).toEqual([
      `${A}\t${A}\tnil\tnil\t100`,
      `${A}\t${B}\tnil\tnil\t100`,
      `${A}\t${A}\tlate\tnil\t1000`,
      `${A}\t${list}\tnil\t1\t100`,
    ]);
  });
});
