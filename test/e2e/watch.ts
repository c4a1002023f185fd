import type Docker from "dockerode";

export interface EngineMoment {
  /** ms since the epoch, by the engine's clock. */
  readonly at: number;
  readonly action: string;
  readonly id: string;
  readonly name: string;
  readonly exitCode: string | null;
}

/** The engine's own record of what happened to containers from now on: the witness beside Instar's. */
export class EngineWatch {
  readonly moments: EngineMoment[] = [];
  private readonly stream: NodeJS.ReadableStream & { destroy?: () => void };

  private constructor(stream: NodeJS.ReadableStream, heard: (moment: EngineMoment) => void) {
    this.stream = stream;
    let rest = "";
    stream.on("data", (chunk: Buffer) => {
      rest += chunk.toString("utf8");
      const lines = rest.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line === "") continue;
        const one = moment(line);
        this.moments.push(one);
        heard(one);
      }
    });
    // The stream ends with the engine or with stop(): what was seen until then stays.
    stream.on("error", () => undefined);
  }

  static async start(docker: Docker, heard: (moment: EngineMoment) => void = () => undefined): Promise<EngineWatch> {
    return new EngineWatch(await docker.getEvents({ filters: { type: ["container"] } }), heard);
  }

  /** By container name, or by the first 12 digits of its id (its hostname). */
  of(action: string, who: string): EngineMoment | null {
    return this.moments.find((one) => one.action === action && (one.name === who || one.id.startsWith(who))) ?? null;
  }

  stop(): void {
    this.stream.destroy?.();
  }
}

function moment(line: string): EngineMoment {
  const event = JSON.parse(line) as { Action: string; timeNano: number; Actor: { ID: string; Attributes: Record<string, string> } };
  const { name = "", exitCode } = event.Actor.Attributes;
  return { at: event.timeNano / 1e6, action: event.Action, id: event.Actor.ID, name, exitCode: exitCode ?? null };
}
