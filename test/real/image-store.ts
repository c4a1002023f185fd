import Docker from "dockerode";
import { pack } from "tar-stream";
import { SOCKET } from "./docker-world.ts";

/** A tar of text files. */
export const tarOf = (files: Readonly<Record<string, string>>): NodeJS.ReadableStream => {
  const tar = pack();
  for (const [name, text] of Object.entries(files)) tar.entry({ name }, text);
  tar.finalize();
  return tar as unknown as NodeJS.ReadableStream;
};

/** What a developer does to images beside the port; forgets them all again. */
export const imageStore = () => {
  const docker = new Docker({ socketPath: SOCKET, host: "" });
  const made = new Set<string>();

  const drained = (stream: NodeJS.ReadableStream): Promise<void> =>
    new Promise((resolve, reject) => {
      docker.modem.followProgress(stream, (error: Error | null, lines: readonly { error?: string }[]) => {
        const failed = error ?? lines.find((line) => line.error !== undefined)?.error;
        if (failed === undefined || failed === null) resolve();
        else reject(failed instanceof Error ? failed : new Error(failed));
      });
    });

  const split = (reference: string): { repo: string; tag: string } => {
    const colon = reference.lastIndexOf(":");
    return { repo: reference.slice(0, colon), tag: reference.slice(colon + 1) };
  };

  const remove = async (reference: string): Promise<void> => {
    try {
      await docker.getImage(reference).remove({ force: true });
    } catch (error) {
      if (!(error instanceof Error && "statusCode" in error && error.statusCode === 404)) throw error;
    }
  };

  return {
    docker,
    remove,
    /** An image with one file in it. */
    import: async (reference: string, content: string): Promise<void> => {
      made.add(reference);
      await drained(await docker.importImage(tarOf({ content }) as unknown as string, split(reference)));
    },
    tag: async (reference: string, other: string): Promise<void> => {
      made.add(other);
      await docker.getImage(reference).tag(split(other));
    },
    push: async (reference: string, login: { username: string; password: string } | null = null): Promise<void> => {
      const authconfig = { ...(login ?? { username: "", password: "" }), serveraddress: split(reference).repo.split("/")[0] ?? "" };
      await drained(await docker.getImage(split(reference).repo).push({ tag: split(reference).tag, authconfig }));
    },
    /** To be removed at the end. */
    adopt: (reference: string): void => void made.add(reference),
    close: async (): Promise<void> => {
      for (const reference of made) await remove(reference);
    },
  };
};
