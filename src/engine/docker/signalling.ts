import { readFile } from "node:fs/promises";

/**
 * To the process itself, once its cgroup proves that it is the container's. Not `POST /containers/{id}/kill`: by that the engine takes
 * the container to be stopped by hand, and its restart policy no longer brings it back after a crash or a reboot (moby, daemon/kill.go,
 * `ExitOnNext` and `HasBeenManuallyStopped`; seen on 20.10). False: the process is not to be seen from here, or is another one.
 */
export async function signalProcess(pid: number, container: string, signal: NodeJS.Signals): Promise<boolean> {
  try {
    if (pid <= 0 || !(await readFile(`/proc/${pid}/cgroup`, "utf8")).includes(container)) return false;
    process.kill(pid, signal);
    return true;
  } catch (cause) {
    if (["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((cause as NodeJS.ErrnoException).code ?? "")) return false;
    throw cause;
  }
}
