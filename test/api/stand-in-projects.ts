import { InstarError } from "../../src/errors.ts";
import type { Control } from "../../src/reconcile/control.ts";
import { StandInExecs } from "./stand-in-execs.ts";
import { StandInProofs } from "./stand-in-proofs.ts";
import { StandInRegistry } from "./stand-in-registry.ts";
import { StandInSecrets } from "./stand-in-secrets.ts";
import { StandInTokens } from "./stand-in-tokens.ts";
import { StandInTriggers } from "./stand-in-triggers.ts";
import { StandInVolumes } from "./stand-in-volumes.ts";

/** What was asked and built, the volumes and triggers there are, and the one Compose project: `old`. */
export class StandInProjects extends StandInRegistry {
  readonly volumes = new StandInVolumes();
  readonly triggers = new StandInTriggers();
  readonly tokens = new StandInTokens();
  readonly proofs = new StandInProofs();
  readonly execs = new StandInExecs();
  readonly secrets = new StandInSecrets();
  readonly asked: { call: string; who: string; detail: unknown }[] = [];

  async build(
    stack: string,
    service: string,
    context: NodeJS.ReadableStream,
    build: Parameters<Control["build"]>[3],
    progress: (line: string) => void,
  ) {
    let bytes = 0;
    for await (const piece of context) bytes += Buffer.byteLength(piece as Buffer);
    this.asked.push({ call: "build", who: "", detail: { ...build, bytes } });
    progress(`read ${bytes > 0 ? "a context" : "nothing"}`);
    if (build.target === "broken") throw new InstarError("INS3008", "step 2 of 3 ended with 1");
    const image = `instar/${stack}-${service}:built`;
    return build.push === undefined ? { image } : { image, pushed: { reference: build.push, digest: "sha256:d1" } };
  }

  async project(name: string) {
    this.asked.push({ call: "project", who: "", detail: name });
    if (name !== "old") throw new InstarError("INS2022", `no container belongs to a Compose project ${name}`);
    return { name, files: [], folder: null, containers: [] };
  }

  async undoAdoption(project: string, who: string) {
    this.asked.push({ call: "undoAdoption", who, detail: project });
    return [`${project}-web-1`];
  }

  async finishAdoption(project: string, who: string) {
    this.asked.push({ call: "finishAdoption", who, detail: project });
    return [`${project}-web-1`];
  }
}
