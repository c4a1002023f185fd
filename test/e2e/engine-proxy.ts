import { connect, createServer, type Server, type Socket } from "node:net";

/** A socket before the engine's, so that a test can cut the daemon's event stream without ending the engine. */
export class EngineProxy {
  readonly dockerHost: string;
  private readonly server: Server;
  private readonly all = new Set<Socket>();
  private readonly streams = new Set<Socket>();

  private constructor(path: string, server: Server) {
    this.dockerHost = `unix://${path}`;
    this.server = server;
  }

  static async start(path: string, engine: string): Promise<EngineProxy> {
    const server = createServer();
    const proxy = new EngineProxy(path, server);
    server.on("connection", (near: Socket) => proxy.join(near, connect(engine)));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return proxy;
  }

  /** Ends the event streams that are open. */
  cut(): number {
    const cut = this.streams.size;
    for (const socket of this.streams) socket.destroy();
    this.streams.clear();
    return cut;
  }

  async stop(): Promise<void> {
    for (const socket of this.all) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private join(near: Socket, far: Socket): void {
    for (const socket of [near, far]) {
      this.all.add(socket);
      // Whoever ends first ends the other; that is no error of the test.
      socket.on("error", () => undefined);
      socket.once("close", () => {
        this.all.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (chunk: Buffer) => {
      if (/^GET \/(v[\d.]+\/)?events\?/.test(chunk.toString("latin1", 0, 40)) && !chunk.includes("until=")) this.streams.add(near);
    });
    near.once("close", () => this.streams.delete(near));
    near.pipe(far);
    far.pipe(near);
  }
}
