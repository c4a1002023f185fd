import { afterEach, expect, test } from "vitest";
import { Fleet } from "../../src/haproxy/fleet.ts";
import { markOf } from "../../src/route/compile.ts";
import { difference } from "../../src/route/difference.ts";
import { backend, SETTINGS, server, shop, WEB } from "../route/tables.ts";
import { type FakeMaster, fakeMaster } from "./master-socket.ts";

let master: FakeMaster;
afterEach(() => master.close());

test("what is read back is spoken to as it was made: HAProxy does not tell the protocol", async () => {
  const servers = [server("old", { protocol: "h1" }), server("new")];
  const known = shop([], { listeners: [], backends: [backend(WEB, servers, { protocol: "h2" })] });
  const states = ["old", "new", "stranger"].map((name) => `3 ${WEB} ${name} 10.209.0.10 8080 100 0\n`);
  master = await fakeMaster((command) => {
    if (command === "show proc") return "# workers\n7 worker 0 1h 3.0\n# old workers\n";
    if (command.endsWith("show info")) return `Name: HAProxy\ndescription: ${markOf(known, SETTINGS)}\nuptime: 1\n`;
    if (!command.endsWith("show servers state")) return "\n";
    return `1\n# be_id be_name srv_name srv_addr srv_port srv_uweight srv_admin_state\n${states.join("")}`;
  });
  const actual = await new Fleet(master.router).readBack(known);
  expect(actual?.backends).toEqual([{ ...known.backends[0], servers: [...servers, server("stranger")] }]);
  expect(difference(actual ?? shop(), known, SETTINGS)).toMatchObject({
    structural: false,
    commands: [{ text: `set server ${WEB}/stranger state maint` }, { text: `del server ${WEB}/stranger` }],
  });
});
