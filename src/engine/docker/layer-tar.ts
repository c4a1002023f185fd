import { spawn } from "node:child_process";
import { InstarError } from "../../errors.ts";
import type { Forensics } from "../../reconcile/drift-engine.ts";
import type { DockerClient } from "./client.ts";
import type { Inspect } from "./comparison.ts";
import { orMissing } from "./failure.ts";
import { overlayOf } from "./overlay.ts";

/**
 * The writable layer as overlay2 has it: files with owners, modes and extended attributes; a deletion is a character device 0/0, a
 * folder that was made anew has the attribute trusted.overlay.opaque. Raises INS3021, INS3022.
 */
export const layerTar =
  (client: DockerClient): Forensics["exportLayer"] =>
  async (id) => {
    const inspect = await orMissing(client.ask<Inspect>("GET", `/containers/${encodeURIComponent(id)}/json`));
    if (inspect === null) throw new InstarError("INS3022", `there is no container ${id}`);
    const upper = overlayOf(inspect)?.upper;
    if (upper === undefined) throw new InstarError("INS3021", `the engine does not say where the layer of ${inspect.Name.slice(1)} is`);
    const child = spawn("tar", ["--create", "--numeric-owner", "--xattrs", "--xattrs-include=*", "--directory", upper, "."], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let words = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      words = `${words}${text}`.slice(-500);
    });
    // 1: a file changed while it was read; the instance may be running.
    child.once("close", (code) => {
      if (code !== 0 && code !== 1)
        child.stdout.destroy(new InstarError("INS3021", `tar ended with ${code ?? "a signal"}: ${words.trim()}`));
    });
    child.once("error", (cause) => child.stdout.destroy(new InstarError("INS3021", `tar cannot be run: ${cause.message}`, { cause })));
    return child.stdout;
  };
