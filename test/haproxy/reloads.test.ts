import { afterEach, expect, test } from "vitest";
import { Fleet } from "../../src/haproxy/fleet.ts";
import { Reloads } from "../../src/haproxy/reloads.ts";
import { type FakeMaster, fakeMaster } from "./master-socket.ts";

let master: FakeMaster;
afterEach(() => master.close());

/** `show sess` of a worker. */
const sessions = (of: readonly (readonly [id: number, backend: string, server: string])[]): string =>
  of.map(([id, backend, server]) => `0x${id}: proto=tcpv4 src=1.2.3.4:5 fe=fe:80 be=${backend} srv=${server} ts=00\n`).join("");

test("the ninth old worker ends the sessions of the oldest, and says how many of whose, once", async () => {
  const open = new Map<string, string>([
    ["0x1", "be:shop:db:5432"],
    ["0x2", "be:shop:web:8080"],
    ["0x3", "be:shop:db:5432"],
    ["0x4", "instar:handon"],
  ]);
  let looks = 0;
  master = await fakeMaster((command) => {
    if (command === "show proc") {
      // It goes when nobody is left, a while after.
      const old = open.size > 0 || looks++ < 3 ? 8 : 7;
      const workers = Array.from({ length: old }, (_, nth) => `${100 + nth} worker ${nth + 1} 1h 3.0\n`);
      return `# workers\n99 worker 0 1h 3.0\n# old workers\n${workers.join("")}`;
    }
    const [, pid, words = ""] = /^@!(\d+) (.*)$/.exec(command) ?? [];
    expect(pid).toBe(open.size > 0 || looks < 4 ? "107" : "106");
    if (words.startsWith("shutdown session ")) open.delete(words.slice("shutdown session ".length));
    const idle = [[9, "<NONE>", "<none>"]] as const;
    return words === "show sess" ? sessions([...[...open].map(([id, backend]) => [Number(id), backend, "a"] as const), ...idle]) : "\n";
  });
  const told: string[] = [];
  const reloads = new Reloads(new Fleet(master.router), (words) => void told.push(words), 0);
  await reloads.slot();
  expect(told).toEqual(["8 old workers of the router would not end: 4 sessions of the oldest were cut, 2 of shop/db, 1 of shop/web"]);
  expect(master.told.filter((command) => command.includes("shutdown"))).toHaveLength(4);
});
