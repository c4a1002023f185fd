import { Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { InstarError } from "../../errors.ts";
import type { Control } from "../../reconcile/control.ts";
import type { Progress, VolumeProgress } from "../../reconcile/volume-control.ts";
import { ADMIN, needs } from "../access.ts";
import { asCatalogued, failure } from "../failure.ts";
import { feed, streamed } from "../feed.ts";
import { closed, StackName } from "../model.ts";
import { FailureModel } from "../models.ts";
import { bodyOf, letThrough } from "../streamed-body.ts";
import type { App } from "../types.ts";
import { SnapshotModel, VolumeModel } from "../volume-models.ts";

const VolumeName = Type.String({ maxLength: 255, pattern: "^[a-zA-Z0-9][a-zA-Z0-9_.-]*$" });
const SnapshotId = Type.String({ pattern: "^[0-9]{8}-[0-9]{6}-[0-9a-f]{6}$" });
const byId = closed({ id: SnapshotId });
const Snapshots = Type.Object({ snapshots: Type.Array(SnapshotModel) });
const PROGRESS_EVERY_MS = 200;
/** Bytes of progress that wait for a slow reader. */
const BACKLOG = 1024 * 1024;
/** 16 TiB: a volume that is moved is as large as it is. */
const IMPORT_LIMIT = 16 * 2 ** 40;

/**
 * Volumes and their snapshots. What takes long answers one JSON object a line: `{"progress":{…}}` while it works, then
 * `{"snapshots":[…]}` or `{"error":{…}}`; it goes on when the reader leaves. `bodyLimit`: bytes of an import; another one in tests.
 */
export function volumeRoutes(app: App, control: Control, bodyLimit = IMPORT_LIMIT): void {
  const volumes = control.volumes;
  const lasting = { tags: ["volumes"], produces: ["application/x-ndjson"], response: { 200: streamed(Snapshots), default: FailureModel } };

  app.get(
    "/v1/volumes",
    {
      config: needs("read", "everything"),
      schema: {
        operationId: "volumes",
        tags: ["volumes"],
        response: { 200: Type.Object({ volumes: Type.Array(VolumeModel) }), default: FailureModel },
      },
    },
    async () => ({ volumes: [...(await volumes.list())] }),
  );
  app.delete(
    "/v1/volumes/:name",
    {
      config: ADMIN,
      schema: {
        operationId: "removeVolume",
        tags: ["volumes"],
        params: closed({ name: VolumeName }),
        response: { 200: Type.Object({ removed: Type.String() }), default: FailureModel },
      },
    },
    async (request) => {
      await volumes.remove(request.params.name, request.who);
      return { removed: request.params.name };
    },
  );
  app.get(
    "/v1/snapshots",
    {
      config: needs("read", "everything"),
      schema: {
        operationId: "snapshots",
        tags: ["volumes"],
        querystring: closed({ volume: Type.Optional(VolumeName) }),
        response: { 200: Snapshots, default: FailureModel },
      },
    },
    async (request) => ({ snapshots: [...(await volumes.snapshots(request.query.volume))] }),
  );
  app.post(
    "/v1/snapshots",
    {
      config: ADMIN,
      schema: {
        ...lasting,
        operationId: "createSnapshot",
        body: closed({
          name: Type.String({ maxLength: 255, pattern: "^[a-zA-Z0-9][a-zA-Z0-9_./-]*$", description: "a volume's name, or a service's" }),
          running: Type.Boolean({ default: false, description: "even while a writer runs" }),
        }),
      },
    },
    async (request, reply) => {
      const { name, running } = request.body;
      return follow(request, reply, (progress) => volumes.create(name, { running, who: request.who }, progress));
    },
  );
  app.post(
    "/v1/snapshots/:id/restore",
    { config: ADMIN, schema: { ...lasting, operationId: "restoreSnapshot", params: byId } },
    async (request, reply) => follow(request, reply, async (progress) => [await volumes.restore(request.params.id, request.who, progress)]),
  );
  app.post(
    "/v1/snapshots/:id/verify",
    { config: ADMIN, schema: { ...lasting, operationId: "verifySnapshot", params: byId } },
    async (request, reply) => follow(request, reply, async (progress) => [await volumes.verify(request.params.id, progress)]),
  );
  app.delete(
    "/v1/snapshots/:id",
    {
      config: ADMIN,
      schema: {
        operationId: "removeSnapshot",
        tags: ["volumes"],
        params: byId,
        response: { 200: Type.Object({ removed: Type.String() }), default: FailureModel },
      },
    },
    async (request) => {
      await volumes.drop(request.params.id, request.who);
      return { removed: request.params.id };
    },
  );
  app.get(
    "/v1/snapshots/:id/content",
    {
      config: ADMIN,
      schema: {
        operationId: "exportSnapshot",
        summary: "the tar, compressed with zstd; its SHA-256 is in the header instar-sha256",
        tags: ["volumes"],
        params: byId,
        produces: ["application/zstd"],
        response: { 200: streamed(Type.String({ format: "binary" })), default: FailureModel },
      },
    },
    async (request, reply) => {
      const { snapshot, body } = await volumes.export(request.params.id);
      return reply
        .header("cache-control", "no-store")
        .header("instar-sha256", snapshot.sha256)
        .header("content-length", snapshot.bytes)
        .type("application/zstd")
        .send(body);
    },
  );
  letThrough(app, "application/octet-stream");
  app.post(
    "/v1/snapshots/import",
    {
      bodyLimit,
      config: ADMIN,
      schema: {
        ...lasting,
        operationId: "importSnapshot",
        summary: "a tar, plain or compressed with zstd or gzip",
        consumes: ["application/octet-stream"],
        querystring: closed({ volume: VolumeName, stack: Type.Optional(StackName) }),
      },
    },
    async (request, reply) => {
      const { volume, stack } = request.query;
      const sent = bodyOf(request);
      // A sender that leaves before the end must not look like the end.
      request.raw.once("close", () => request.raw.complete || sent.destroy(new InstarError("INS2015", "the archive ended too early")));
      const tar = plain(sent);
      return follow(request, reply, async (progress) => {
        try {
          return [await volumes.import(tar, { volume, stack: stack ?? null, who: request.who }, progress)];
        } finally {
          // What was not read is let through, so that the sender gets the answer and not a reset.
          if (!sent.destroyed) sent.resume();
        }
      });
    },
  );
}

/** Answers with the work's progress and its end. */
function follow(request: FastifyRequest, reply: FastifyReply, work: (progress: Progress) => Promise<readonly object[]>): Readable {
  const stream = feed({ heartbeat: null, backlog: BACKLOG, leftOut: () => null }, () => undefined);
  const write = (line: object): void => stream.write(`${JSON.stringify(line)}\n`);
  let told = 0;
  let phase = "";
  const progress = (now: VolumeProgress): void => {
    if (now.phase === phase && Date.now() - told < PROGRESS_EVERY_MS) return;
    told = Date.now();
    phase = now.phase;
    write({ progress: now });
  };
  const run = async (): Promise<void> => {
    try {
      write({ snapshots: await work(progress) });
    } catch (error) {
      write(failure(asCatalogued(error instanceof Error ? error : new Error(String(error)), request)));
    }
    stream.end();
  };
  void run();
  reply.header("cache-control", "no-store").type("application/x-ndjson");
  return stream.body;
}

/** The tar in it, whatever it is compressed with (RFC 8878, 3.1.1; RFC 1952, 2.3.1). */
async function* plain(body: Readable): AsyncGenerator<Buffer> {
  const pieces = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head = Buffer.alloc(0);
  while (head.length < 4) {
    const { value, done } = await pieces.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const whole = Readable.from(
    (async function* () {
      yield head;
      yield* { [Symbol.asyncIterator]: () => pieces };
    })(),
    { objectMode: false },
  );
  const magic = head.toString("hex", 0, 4);
  const unpack = magic === "28b52ffd" ? createZstdDecompress() : magic.startsWith("1f8b") ? createGunzip() : null;
  if (unpack === null) return yield* whole;
  whole.on("error", (error) => unpack.destroy(error));
  try {
    yield* whole.pipe(unpack);
  } catch (cause) {
    if (!(cause instanceof Error && "code" in cause && /^(ZSTD|Z)_/.test(String(cause.code)))) throw cause;
    throw new InstarError("INS2015", `the archive cannot be unpacked: ${cause.message}`, { cause });
  }
}
