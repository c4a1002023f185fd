import type { IncomingMessage } from "node:http";
import { failureOf } from "./failure.ts";
import { linesOf } from "./lines.ts";

/** One line of the engine's progress stream, of a pull, a build or a push. */
interface Message {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly progress?: string;
  readonly error?: string;
  readonly errorDetail?: { readonly message?: string };
  readonly aux?: { readonly ID?: string; readonly Digest?: string };
}

export interface Progress {
  /** The engine's own words; null when it went well. The status of the answer was sent before it knew. */
  readonly error: string | null;
  /** The last lines shown, at most 20. */
  readonly lines: readonly string[];
  /** The image id a build ended with. */
  readonly imageId: string | null;
  /** The manifest's digest, of a push. */
  readonly digest: string | null;
}

const KEPT = 20;

/** Reads to the end, showing each line. Raises INS3001 when the engine goes away meanwhile. */
export const follow = async (stream: IncomingMessage, asked: string, show: (line: string) => void): Promise<Progress> => {
  const lines: string[] = [];
  let error: string | null = null;
  let imageId: string | null = null;
  let digest: string | null = null;
  try {
    for await (const text of linesOf(stream)) {
      if (text.trim() === "") continue;
      const message = JSON.parse(text) as Message;
      error = message.errorDetail?.message ?? message.error ?? error;
      imageId = message.aux?.ID ?? imageId;
      digest = message.aux?.Digest ?? digest;
      const line = (message.stream ?? statusLine(message)).trimEnd();
      if (line === "") continue;
      lines.push(line);
      if (lines.length > KEPT) lines.shift();
      show(line);
    }
  } catch (thrown) {
    throw failureOf(thrown, asked);
  }
  return { error, lines, imageId, digest };
};

const statusLine = ({ id, status, progress }: Message): string => {
  if (status === undefined) return "";
  return `${id === undefined ? "" : `${id}: `}${status}${progress === undefined ? "" : ` ${progress}`}`;
};
