import { InstarError } from "../../src/errors.ts";
import { StandInRegistry } from "./stand-in-registry.ts";

/** What was asked, and the one Compose project there is: `old`. */
export class StandInProjects extends StandInRegistry {
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
