import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { kill } from "node:process";
import { InstarError } from "../../errors.ts";

/** What the engine sends to a registry for us (Engine API, "Authentication"). */
export interface Credentials {
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly serveraddress: string;
}

interface ConfigFile {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

/** Long enough for any program that has nobody to ask. */
const HELPER_MS = 30_000;
const MOST_BYTES = 1024 * 1024;
const HUB = "https://index.docker.io/v1/";

/**
 * Logins as `docker login` keeps them. A login that is there and cannot be read raises INS3004, as does a helper that has not answered
 * after `helperMs`: whoever needs the login holds his stack's turn meanwhile.
 */
export const credentialsIn = (folder: string = process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker"), helperMs = HELPER_MS) => {
  const path = join(folder, "config.json");

  const read = async (): Promise<ConfigFile> => {
    try {
      return JSON.parse(await readFile(path, "utf8")) as ConfigFile;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return {};
      throw new InstarError("INS3004", `the registry logins in ${path} cannot be read: ${(error as Error).message}`, { cause: error });
    }
  };

  const find = async (config: ConfigFile, server: string): Promise<Credentials | null> => {
    const helper = config.credHelpers?.[server] ?? config.credsStore;
    if (helper !== undefined) return askHelper(helper, server, helperMs);
    const entry = config.auths?.[server] ?? config.auths?.[`https://${server}`] ?? config.auths?.[`https://${server}/`];
    if (entry?.identitytoken !== undefined) return { identitytoken: entry.identitytoken, serveraddress: server };
    if (entry?.auth === undefined) return null;
    const [username = "", ...password] = Buffer.from(entry.auth, "base64").toString("utf8").split(":");
    return { username, password: password.join(":"), serveraddress: server };
  };

  return {
    /** For a registry's domain, `docker.io` for the hub; null without a login. */
    of: async (domain: string): Promise<Credentials | null> => find(await read(), domain === "docker.io" ? HUB : domain),
    /** Every login, by server: a build may pull from any. */
    all: async (): Promise<Readonly<Record<string, Credentials>>> => {
      const config = await read();
      const servers = new Set([...Object.keys(config.auths ?? {}), ...Object.keys(config.credHelpers ?? {})]);
      const found = await Promise.all([...servers].map(async (server) => [server, await find(config, server)] as const));
      return Object.fromEntries(found.flatMap(([server, login]) => (login === null ? [] : [[server, login]])));
    },
  };
};

/** Base64 as the engine's X-Registry headers want it: URL-safe and padded. Without the padding it is ignored in silence (20.10). */
export const registryHeader = (value: object): string =>
  Buffer.from(JSON.stringify(value)).toString("base64").replaceAll("+", "-").replaceAll("/", "_");

/** The credential helper protocol of docker: the server on stdin, JSON on stdout. */
const askHelper = async (helper: string, server: string, limitMs: number): Promise<Credentials | null> => {
  if (!/^[\w.-]+$/.test(helper)) throw new InstarError("INS3004", `the credential helper ${JSON.stringify(helper)} has no usable name`);
  const command = `docker-credential-${helper}`;
  const { code, out } = await run(command, server, limitMs);
  if (code !== 0) {
    if (/credentials not found/i.test(out)) return null;
    throw new InstarError("INS3004", `the credential helper ${command} failed: ${out.trim() || `exit code ${code}`}`);
  }
  const answer = loginIn(out);
  if (answer === null) throw new InstarError("INS3004", `the credential helper ${command} gives no login for ${server} that can be read`);
  return answer.Username === "<token>"
    ? { identitytoken: answer.Secret, serveraddress: server }
    : { username: answer.Username, password: answer.Secret, serveraddress: server };
};

const run = (command: string, server: string, limitMs: number): Promise<{ readonly code: number | null; readonly out: string }> =>
  new Promise((resolve, reject) => {
    // A group of its own, so that what it began can be ended with it.
    const child = spawn(command, ["get"], { stdio: ["pipe", "pipe", "ignore"], detached: true });
    const giveUp = (problem: string): void => {
      clearTimeout(timer);
      // Its number may be another's once it has ended.
      if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) endGroup(child.pid);
      child.stdout.destroy();
      const hint = `try it on the daemon's host: echo ${server} | ${command} get`;
      reject(new InstarError("INS3004", `the credential helper ${command} ${problem}`, { hint }));
    };
    const timer = setTimeout(() => giveUp(`did not answer for ${server} within ${limitMs / 1000} s`), limitMs);
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      if (out.length > MOST_BYTES) giveUp(`gives more than ${MOST_BYTES} bytes for ${server}`);
    });
    child.on("error", (error) => {
      clearTimeout(timer);
      reject(new InstarError("INS3004", `the credential helper ${command} cannot be run: ${error.message}`, { cause: error }));
    });
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, out });
    });
    // A helper that ends without reading has answered all the same.
    child.stdin.on("error", () => {});
    child.stdin.end(server);
  });

const endGroup = (id: number): void => {
  try {
    kill(-id, "SIGKILL");
  } catch (error) {
    // It belongs to somebody else, or is gone: there is nothing more to be done.
    if (!["EPERM", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
};

/** null for what is none; it is not shown to anybody, for what it holds. */
const loginIn = (out: string): { readonly Username: string; readonly Secret: string } | null => {
  try {
    const { Username, Secret } = (JSON.parse(out) ?? {}) as Record<string, unknown>;
    return typeof Username === "string" && typeof Secret === "string" ? { Username, Secret } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};
