import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type Logger, pino } from "pino";
import { createApi } from "../../src/api/server.ts";
import { StandIn } from "./stand-in.ts";

export const TOKEN = "t".repeat(43);

/** What a daemon would send of its home. */
export const backup = async (who: string) => ({ name: `instar-of-${who}.tar.zst`, bytes: 9, body: Readable.from(["one ", "whole"]) });

export interface Running {
  readonly control: StandIn;
  readonly home: string;
  readonly socket: string;
  readonly url: string;
  readonly log: Logger;
  readonly logged: string[];
  /** Closes the API; the control goes on. */
  close(): Promise<void>;
  /** Another API on the same socket over the same control, as after an upgrade. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The API over a stand-in on a socket and a free loopback port. */
export async function running(): Promise<Running> {
  const home = await mkdtemp(join(tmpdir(), "instar-api-"));
  const control = new StandIn();
  const logged: string[] = [];
  const log = pino({ level: "warn" }, { write: (line: string) => void logged.push(line) });
  const socket = join(home, "instar.sock");
  const begin = async (address: string) => {
    const api = createApi({
      ...{ control, token: TOKEN, log, version: "0.0.0-test", backup, sessions: join(home, "sessions.json") },
      lookAgainMs: 50,
    });
    return { api, url: (await api.listen({ socket, address })).url ?? "" };
  };
  let { api, url } = await begin("127.0.0.1:0");
  return {
    ...{ control, home, socket, url, log, logged },
    close: () => api.close(),
    async restart() {
      await api.close();
      ({ api, url } = await begin(new URL(url).host));
    },
    async stop() {
      await api.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
