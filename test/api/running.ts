import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Logger, pino } from "pino";
import { type Api, createApi } from "../../src/api/server.ts";
import { StandIn } from "./stand-in.ts";

export const TOKEN = "t".repeat(43);

export interface Running {
  readonly control: StandIn;
  readonly api: Api;
  readonly home: string;
  readonly socket: string;
  readonly url: string;
  readonly log: Logger;
  readonly logged: string[];
  stop(): Promise<void>;
}

/** The API over a stand-in on a socket and a free loopback port. */
export async function running(): Promise<Running> {
  const home = await mkdtemp(join(tmpdir(), "instar-api-"));
  const control = new StandIn();
  const logged: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void logged.push(line) });
  const api = createApi({ control, token: TOKEN, log, version: "0.0.0-test" });
  const socket = join(home, "instar.sock");
  const { url } = await api.listen({ socket, address: "127.0.0.1:0" });
  const stop = async () => {
    await api.close();
    await rm(home, { recursive: true, force: true });
  };
  return { control, api, home, socket, url: url ?? "", log, logged, stop };
}
