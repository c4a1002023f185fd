import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { compile } from "../../src/route/compile.ts";
import { EMPTY, SETTINGS } from "../route/tables.ts";
import { ROUTER_IMAGE } from "./haproxy-world.ts";

const run = promisify(execFile);

/** Stands in for what HAProxy gives to a running action; `sleep` is called for each turn of a hold. */
const BEFORE = `
actions, clock, sleep = {}, 0, function() end
core.register_action = function(name, _, action) actions[name] = action end
core.msleep = function(ms) clock = clock + ms; sleep(clock) end
core.now = function() return { sec = clock // 1000, usec = (clock % 1000) * 1000 } end

function transaction(vars, servers, header, cookies)
  return {
    get_var = function(_, name) return vars[name] end,
    set_var = function(_, name, value) vars[name] = value end,
    f = {
      be_conn_free = function(_, name) return (servers[name] or error("no such backend")) > 0 and -1 or 10000000 end,
      stopping = function() return vars.stopping or 0 end,
      req_hdr = function() return header end,
      req_cook = function(_, name) return (cookies or {})[name] end,
    },
  }
end
`;

/** What `script` prints, run by the router's own Lua after ours was loaded; \`actions\` has what we registered. */
export async function inLua(script: string): Promise<string> {
  const directory = await mkdtemp("/tmp/irt-");
  const files = { "before.lua": BEFORE, "hold.lua": compile(EMPTY, SETTINGS).lua, "script.lua": script };
  const names = Object.keys(files);
  const config = ["global", ...names.map((name) => `  lua-load /lua/${name}`), "frontend f", "  bind unix@/tmp/f", ""];
  await Promise.all(
    Object.entries({ ...files, "haproxy.cfg": config.join("\n") }).map(([name, text]) => writeFile(join(directory, name), text)),
  );
  const words = ["run", "--rm", "--network", "none", "-v", `${directory}:/lua:ro`, ROUTER_IMAGE, "haproxy", "-c", "-f", "/lua/haproxy.cfg"];
  const { stdout } = await run("docker", words, { maxBuffer: 64 * 1024 * 1024 });
  await rm(directory, { recursive: true });
  return stdout;
}
