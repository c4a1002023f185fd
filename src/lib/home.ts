import { join } from "node:path";

/** Where a daemon and its clients meet, from the environment alone. */
export interface Home {
  readonly path: string;
  readonly socket: string;
  /** The token for use off the socket; readable by the daemon's user only. */
  readonly tokenFile: string;
}

/** `$INSTAR_HOME`, else `/var/lib/instar` for root, else `~/.local/share/instar`. */
export function homeOf(env: Readonly<Record<string, string | undefined>>, uid: number, userHome: string): Home {
  const path = env.INSTAR_HOME || (uid === 0 ? "/var/lib/instar" : join(userHome, ".local/share/instar"));
  return { path, socket: join(path, "instar.sock"), tokenFile: join(path, "token") };
}
