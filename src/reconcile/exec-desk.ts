import { randomUUID } from "node:crypto";
import { InstarError } from "../errors.ts";
import type { InstanceView } from "./control.ts";
import type { DriftWatch } from "./drift-watch.ts";
import type { ExecControl, ExecOpened, ExecPiece, ExecRequest } from "./exec-control.ts";
import type { ExecSession } from "./exec-engine.ts";
import type { Clock, Engine } from "./ports.ts";
import type { Store } from "./store.ts";

const PATIENCE_MS = 10_000;

export interface ExecOffice {
  readonly store: Store;
  readonly engine: Engine;
  readonly clock: Clock;
  readonly watch: Pick<DriftWatch, "announce">;
  readonly instances: () => Promise<readonly InstanceView[]>;
}

interface Opened extends ExecOpened {
  readonly request: ExecRequest;
  session: ExecSession | null;
}

/** Who enters an instance, why and with which command is in the event log before it is done; the watch makes a touch of it. */
export class ExecDesk implements ExecControl {
  readonly #office: ExecOffice;
  readonly #open = new Map<string, Opened>();

  constructor(office: ExecOffice) {
    this.#office = office;
  }

  async open(request: ExecRequest): Promise<ExecOpened> {
    if (request.reason.replaceAll(/\s/g, "").length < 3) throw new InstarError("INS2039", "nobody enters an instance without saying why");
    const { name: instance, stack, service } = await this.#find(request.target);
    const opened: Opened = { id: randomUUID(), instance, stack, service, request, session: null };
    this.#open.set(opened.id, opened);
    this.#office.clock.after(PATIENCE_MS, () => {
      if (opened.session === null) this.#open.delete(opened.id);
    });
    return { id: opened.id, instance, stack, service };
  }

  async *run(id: string, input: AsyncIterable<Buffer>): AsyncGenerator<ExecPiece> {
    const opened = this.#open.get(id);
    if (opened === undefined || opened.session !== null) throw new InstarError("INS2040", `${id} is not waiting to be run`);
    const { instance, stack, service, request } = opened;
    const { store, engine, clock, watch } = this.#office;
    const command = request.command.join(" ");
    const note = (kind: string, message: string): Promise<unknown> =>
      store.addEvent(clock.now(), { kind, stack, service, instance, message });
    await note("exec.opened", `${request.who} enters ${instance} with ${command}: ${request.reason}`);
    const takeBack = watch.announce({ instance, kind: "exec", detail: command, by: `${request.who} (${request.reason})` });
    let session: ExecSession;
    try {
      session = await engine.enter(instance, request);
    } catch (cause) {
      takeBack();
      this.#open.delete(id);
      await note("exec.failed", `the command could not be begun in ${instance}`);
      throw cause;
    }
    opened.session = session;
    const feeding = feed(session, input);
    // It may fail long before it is waited for.
    feeding.catch(() => undefined);
    let exit: number | null = null;
    try {
      yield* session.output;
      exit = await session.exitCode();
      yield { exit };
    } finally {
      session.close();
      this.#open.delete(id);
      await note(
        "exec.closed",
        exit === null
          ? `${request.who} left ${instance}; the command may go on`
          : `the command in ${instance} ended with exit code ${exit}`,
      );
      await feeding;
    }
  }

  async resize(id: string, columns: number, rows: number): Promise<void> {
    const opened = this.#open.get(id);
    if (opened === undefined) throw new InstarError("INS2040", `${id} does not run`);
    await opened.session?.resize(columns, rows);
  }

  async #find(target: string): Promise<InstanceView> {
    const all = await this.#office.instances();
    const named = all.find(({ name }) => name === target);
    if (named !== undefined) return named;
    const own = all.filter(({ stack, service }) => (target.includes("/") ? `${stack}/${service}` === target : service === target));
    if (new Set(own.map(({ stack }) => stack)).size > 1)
      throw new InstarError("INS2003", `${target} is in ${[...new Set(own.map(({ stack }) => stack))].join(" and ")}`);
    const found =
      own.find(({ phase }) => phase === "serving") ?? own.find(({ phase }) => phase === "ready" || phase === "starting") ?? own[0];
    if (found === undefined) throw new InstarError("INS2038", `there is no instance ${target}, and no service of that name has one`);
    return found;
  }
}

/** Until the caller's input or the command ends. A caller that went away ends the command's input. */
async function feed(session: ExecSession, input: AsyncIterable<Buffer>): Promise<void> {
  try {
    for await (const chunk of input) await session.write(chunk);
  } catch (cause) {
    if (
      !["ECONNRESET", "EPIPE", "ERR_STREAM_DESTROYED", "ERR_STREAM_PREMATURE_CLOSE", "ABORT_ERR"].includes(
        (cause as NodeJS.ErrnoException).code ?? "",
      )
    )
      throw cause;
  } finally {
    session.endInput();
  }
}
