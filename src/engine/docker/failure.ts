import { InstarError } from "../../errors.ts";

/** What docker-modem rejects with: a socket error with a code, or an answer with a status. */
interface DialError extends Error {
  readonly code?: string;
  readonly statusCode?: number;
  readonly json?: unknown;
}

/** The engine answered, and the answer was no. `status` is the HTTP status. */
export class EngineRefusal extends InstarError {
  readonly status: number;
  constructor(code: "INS3005" | "INS3009" | "INS4001" | "INS1015", status: number, message: string, cause: unknown) {
    super(code, message, { cause });
    this.status = status;
  }
}

const UNREACHABLE = new Set(["ECONNREFUSED", "ENOENT", "ECONNRESET", "EPIPE", "ENOTSOCK", "EACCES", "EPERM", "ECONNABORTED"]);

/** Ordered: the first that matches names the error. Words of dockerd, libnetwork and runc. */
const WORDS: readonly (readonly [RegExp, "INS3009" | "INS4001" | "INS1015"])[] = [
  [/no space left on device|ENOSPC|disk quota exceeded/i, "INS3009"],
  [/port is already allocated/i, "INS4001"],
  // An address of ours that is taken twice reads "Address already in use" without the bind: that is no port.
  [/(bind|listen).*address already in use/i, "INS4001"],
  [/bind source path does not exist/i, "INS1015"],
  [/error mounting .*no such file or directory/i, "INS1015"],
];

export const codeForWords = (words: string): "INS3005" | "INS3009" | "INS4001" | "INS1015" =>
  WORDS.find(([pattern]) => pattern.test(words))?.[1] ?? "INS3005";

const wordsOf = (error: DialError): string => {
  const json = error.json;
  if (typeof json === "object" && json !== null && "message" in json && typeof json.message === "string") return json.message.trim();
  return error.message.replace(/^\(HTTP code \d+\) \w[\w ]* - /, "").trim();
};

/** INS3001 when nobody answered, else an EngineRefusal in the engine's own words. An abort is passed on as it is. */
export const failureOf = (thrown: unknown, asked: string): Error => {
  if (!(thrown instanceof Error)) return new InstarError("INS3005", `${asked}: ${String(thrown)}`);
  if (thrown instanceof InstarError || thrown.name === "AbortError") return thrown;
  const error = thrown as DialError;
  if (error.statusCode !== undefined) {
    const words = wordsOf(error);
    return new EngineRefusal(codeForWords(words), error.statusCode, `the engine refused: ${words}`, error);
  }
  if (error.code !== undefined && UNREACHABLE.has(error.code)) {
    const cause = error.code === "EACCES" || error.code === "EPERM" ? "permission denied on its socket" : error.message;
    return new InstarError("INS3001", `the engine cannot be reached: ${cause}`, { cause: error });
  }
  if (/socket hang up|aborted/.test(error.message)) {
    return new InstarError("INS3001", `the engine went away during ${asked}`, { cause: error });
  }
  return new InstarError("INS3005", `${asked}: ${error.message}`, { cause: error });
};

/** Did the engine answer with this status? */
export const refused = (thrown: unknown, status: number): thrown is EngineRefusal =>
  thrown instanceof EngineRefusal && thrown.status === status;

/** The answer, or null where the engine knows no such thing. */
export const orMissing = async <T>(answer: Promise<T>): Promise<T | null> => {
  try {
    return await answer;
  } catch (error) {
    if (refused(error, 404)) return null;
    throw error;
  }
};
