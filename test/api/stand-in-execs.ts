import type { ExecControl, ExecPiece, ExecRequest } from "../../src/reconcile/exec-control.ts";

/** A command that says its input back in capitals, then that it is done, and ends with 7. */
export class StandInExecs implements ExecControl {
  readonly asked: ExecRequest[] = [];

  open: ExecControl["open"] = async (request) => {
    this.asked.push(request);
    return { id: "00000000-0000-0000-0000-000000000001", instance: "shop-web-r1-1-a1", stack: "shop", service: "web" };
  };

  async *run(_id: string, input: AsyncIterable<Buffer>): AsyncGenerator<ExecPiece> {
    for await (const chunk of input) yield { stream: "stdout", payload: Buffer.from(chunk.toString().toUpperCase()) };
    // As the engine cuts it: between the two bytes of one character.
    const said = Buffer.from("done, fünf\n");
    for (const piece of [said.subarray(0, 8), said.subarray(8)]) yield { stream: "stderr", payload: piece };
    yield { exit: 7 };
  }

  resize: ExecControl["resize"] = async () => undefined;
}
