import { InstarError } from "../../src/errors.ts";
import { StandInExecs } from "./stand-in-execs.ts";
import { StandInProofs } from "./stand-in-proofs.ts";
import { StandInRegistry } from "./stand-in-registry.ts";
import { StandInSecrets } from "./stand-in-secrets.ts";
import { StandInTokens } from "./stand-in-tokens.ts";
import { StandInTriggers } from "./stand-in-triggers.ts";
import { StandInVolumes } from "./stand-in-volumes.ts";

/** What was asked, the volumes and triggers there are, and the one Compose project: `old`. */
export class StandInProjects extends StandInRegistry {
  readonly volumes = new StandInVolumes();
  readonly triggers = new StandInTriggers();
  readonly tokens = new StandInTokens();
  readonly proofs = new StandInProofs();
  readonly execs = new StandInExecs();
  readonly secrets = new StandInSecrets();
  readonly asked: { call: string; who: string; detail: unknown }[] = [];

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
