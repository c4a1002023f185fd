import { until } from "../e2e/until.ts";

/** Where Node's inspector listens once SIGUSR1 has opened it (Node.js documentation, Command-line API, `--inspect-port`). */
const INSPECTOR_PORT = 9229;

/** A process of Node collects its garbage, all of it: what its collector has yet to come to is no growth. */
export async function collect(pid: number, port = INSPECTOR_PORT): Promise<void> {
  process.kill(pid, "SIGUSR1");
  const look = async () =>
    (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as { readonly webSocketDebuggerUrl: string }[];
  const [target] = await until("its inspector", look);
  if (target === undefined) throw new Error("the inspector has nothing to inspect");
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  const heard = (what: string): Promise<Event> =>
    new Promise((resolve, reject) => {
      socket.addEventListener(what, resolve, { once: true });
      socket.addEventListener("error", () => reject(new Error("the inspector went away")), { once: true });
    });
  await heard("open");
  socket.send(JSON.stringify({ id: 1, method: "HeapProfiler.collectGarbage" }));
  await heard("message");
  socket.close();
}
