import type { IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { InstarError } from "../../errors.ts";
import type { ImageWork } from "../../reconcile/image-port.ts";
import type { ImageIdentity } from "../../spec/types.ts";
import type { DockerClient } from "./client.ts";
import { failureOf, orMissing, refused } from "./failure.ts";
import { follow } from "./progress.ts";
import { registrySettings } from "./registry-settings.ts";

/** The ImageWork part of the Engine port. */
export const dockerImageWork = (client: DockerClient, present: (image: ImageIdentity) => Promise<string>): ImageWork => {
  async function* saveImage(image: ImageIdentity): AsyncIterable<Buffer> {
    const name = await present(image);
    const stream: IncomingMessage = await client.stream("GET", `/images/${name}/get`);
    try {
      for await (const chunk of stream) yield chunk as Buffer;
    } catch (cause) {
      throw failureOf(cause, `the saving of ${image.reference}`);
    }
  }

  const removeImage: ImageWork["removeImage"] = async (name, image) => {
    const found = await orMissing(client.ask<{ Id: string; RepoDigests?: readonly string[] | null }>("GET", `/images/${name}/json`));
    if (found === null) return "gone";
    const known = [found.Id, ...(found.RepoDigests ?? []).flatMap((one) => one.split("@")[1] ?? [])];
    if (!known.some((digest) => image.digests.includes(digest))) return "kept";
    try {
      await client.ask("DELETE", `/images/${name}`);
      return "removed";
    } catch (error) {
      if (refused(error, 409)) return "kept";
      if (refused(error, 404)) return "gone";
      throw error;
    }
  };

  return {
    registrySettings: () => registrySettings(client),
    saveImage,
    removeImage,
    loadImage: async (archive) => {
      const headers = { "Content-Type": "application/x-tar" };
      const source = Readable.from(archive);
      const given = new AbortController();
      let broken: unknown = null;
      source.once("error", (cause) => {
        broken = cause;
        given.abort();
      });
      const asked = { query: { quiet: true }, tar: source, headers, signal: given.signal };
      const stream = await client.stream("POST", "/images/load", asked).catch((cause: unknown) => {
        throw broken ?? cause;
      });
      const { error } = await follow(stream, "the loading of an image", () => {});
      if (error !== null) throw new InstarError("INS2043", `the engine does not take the saved image: ${error}`);
    },
  };
};
