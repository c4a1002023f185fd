import { InstarError } from "../../errors.ts";
import type { Execs } from "../../reconcile/exec-engine.ts";
import type { DockerClient } from "./client.ts";
import type { Inspect } from "./comparison.ts";
import { drained } from "./drained.ts";
import { orMissing } from "./failure.ts";
import { framesOf, rawFrames } from "./frames.ts";
import { proveOurs } from "./labels.ts";
import { labelsOf } from "./observation.ts";

export const dockerExecs = (client: DockerClient, installation: string): Execs => ({
  async enter(name, { command, tty, columns, rows }) {
    const found = await orMissing(client.ask<Inspect>("GET", `/containers/${encodeURIComponent(name)}/json`));
    if (found?.State.Running !== true) throw new InstarError("INS3024", `${name} does not run`);
    proveOurs(`the container ${name}`, labelsOf(found), installation);
    const { Id } = await client.ask<{ Id: string }>("POST", `/containers/${found.Id}/exec`, {
      body: { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: tty, Cmd: [...command] },
    });
    const socket = await client.hijack(`/exec/${Id}/start`, { Detach: false, Tty: tty });
    const resize = async (width: number, height: number): Promise<void> => {
      // It may have ended meanwhile.
      await orMissing(client.ask("POST", `/exec/${Id}/resize`, { query: { w: width, h: height } }));
    };
    if (tty && columns !== null && rows !== null) await resize(columns, rows);
    return {
      output: tty ? rawFrames(socket) : framesOf(socket),
      async write(input) {
        if (!socket.writable) return;
        if (!socket.write(input)) await drained(socket);
      },
      endInput: () => void socket.end(),
      resize,
      async exitCode() {
        const { ExitCode } = await client.ask<{ ExitCode: number | null }>("GET", `/exec/${Id}/json`);
        return ExitCode ?? 0;
      },
      close: () => void socket.destroy(),
    };
  },
});
