import { readFile } from "node:fs/promises";
import { kill } from "node:process";
import { setTimeout as wait } from "node:timers/promises";
import type Docker from "dockerode";
import { InstarError } from "../../errors.ts";
import type { Executed, Execution } from "../../reconcile/execution.ts";
import type { DockerClient } from "./client.ts";
import { EngineRefusal, orMissing } from "./failure.ts";
import { framesOf } from "./frames.ts";
import { proveOurs } from "./labels.ts";
import { labelsOf } from "./observation.ts";

interface ExecState {
  readonly Running: boolean;
  readonly ExitCode: number | null;
  /** On the host; 0 until it runs. */
  readonly Pid: number;
}

/** After a kill: until the engine has noticed. */
const ENDING_MS = 5_000;

export const dockerExecution = (client: DockerClient, installation: string): Execution => {
  const state = (id: string): Promise<ExecState> => client.ask<ExecState>("GET", `/exec/${id}/json`);

  /** The engine has no call that ends an exec. Its process is ours to kill where we may, and where it is what the engine says. */
  const killed = async (id: string, container: string): Promise<boolean> => {
    const { Pid, Running } = await state(id);
    if (!Running) return true;
    if (Pid <= 1 || !(await belongs(Pid, container))) return false;
    try {
      kill(Pid, "SIGKILL");
    } catch (error) {
      if (!["EPERM", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
    }
    for (let waited = 0; waited < ENDING_MS; waited += 50) {
      if (!(await state(id)).Running) return true;
      await wait(50);
    }
    return false;
  };

  const execute: Execution["execute"] = async (name, command, how): Promise<Executed> => {
    const found = await orMissing(client.ask<Docker.ContainerInspectInfo>("GET", `/containers/${encodeURIComponent(name)}/json`));
    if (found === null) throw new InstarError("INS3019", `${name} is gone`);
    proveOurs(`the container ${name}`, labelsOf(found), installation);
    try {
      const body = { Cmd: [...command], AttachStdout: true, AttachStderr: true };
      const { Id } = await client.ask<{ Id: string }>("POST", `/containers/${found.Id}/exec`, { body });
      await how.begun(Id);
      const stream = await client.stream("POST", `/exec/${Id}/start`, { body: { Detach: false, Tty: false } });
      let output = "";
      let over = false;
      const timer = setTimeout(() => {
        over = true;
        stream.destroy();
      }, how.timeoutMs);
      try {
        for await (const { payload } of framesOf(stream)) output = (output + payload.toString("utf8")).slice(-how.keptBytes);
      } catch (error) {
        if (!over) throw error;
      } finally {
        clearTimeout(timer);
      }
      if (over) return { exitCode: null, ended: await killed(Id, found.Id), output };
      return { exitCode: await ended(Id), ended: true, output };
    } catch (error) {
      if (!(error instanceof EngineRefusal)) throw error;
      throw new InstarError("INS3019", `${command[0]} cannot be run in ${name}: ${error.message}`, { cause: error });
    }
  };

  /** Its streams are closed a moment before the engine knows its exit code. */
  const ended = async (id: string): Promise<number> => {
    for (let waited = 0; waited < ENDING_MS; waited += 20) {
      const { Running, ExitCode } = await state(id);
      if (!Running && ExitCode !== null) return ExitCode;
      await wait(20);
    }
    throw new InstarError("INS3019", "the engine does not tell how the command ended");
  };

  return { execute };
};

/** Whether the process is in that container: a number of the engine's host may be another process here. */
const belongs = async (pid: number, container: string): Promise<boolean> => {
  try {
    return (await readFile(`/proc/${pid}/cgroup`, "utf8")).includes(container);
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return false;
    throw error;
  }
};
