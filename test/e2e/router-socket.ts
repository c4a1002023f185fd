import { globSync } from "node:fs";
import { connect } from "node:net";

/** HAProxy's own answer, read past Instar: which servers it has and which of them may take traffic. */
export async function serversOf(home: string): Promise<ReadonlyMap<string, "up" | "out">> {
  return new Map((await rowsOf(home)).map(({ name, up }) => [name, up ? "up" : "out"]));
}

/** The weight of each server that may take traffic. */
export async function weightsOf(home: string): Promise<ReadonlyMap<string, number>> {
  return new Map((await rowsOf(home)).flatMap(({ name, up, weight }) => (up ? [[name, weight] as const] : [])));
}

async function rowsOf(home: string): Promise<{ name: string; up: boolean; weight: number }[]> {
  const answers = await Promise.all(
    globSync("router/*/stats.sock", { cwd: home }).map((socket) => asked(`${home}/${socket}`, "show servers state\n")),
  );
  return answers.flatMap((answer) =>
    answer.split("\n").flatMap((line) => {
      // be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight … (management guide, "show servers state")
      const [, , , name, , operational, administrative, weight] = line.split(" ");
      if (name === undefined || !/^\d+$/.test(operational ?? "")) return [];
      return [{ name, up: operational !== "0" && Number(administrative) === 0, weight: Number(weight) }];
    }),
  );
}

/** Watches for the moment this server can take no more traffic; ms since the epoch. */
export async function outOfRotationAt(home: string, server: string, limitMs = 20_000): Promise<number> {
  const end = Date.now() + limitMs;
  while (Date.now() < end) {
    if ((await serversOf(home)).get(server) !== "up") return Date.now();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error(`${server} stayed in the rotation for ${limitMs} ms`);
}

function asked(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(path, () => socket.write(command));
    socket.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    socket.on("end", () => resolve(answer));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // The socket of a router that has been replaced.
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve("");
      else reject(error);
    });
  });
}
