import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
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

const HUB = "https://index.docker.io/v1/";

/** Logins as `docker login` keeps them. A login that is there and cannot be read raises INS3004. */
export const credentialsIn = (folder: string = process.env["DOCKER_CONFIG"] ?? join(homedir(), ".docker")) => {
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
    if (helper !== undefined) return askHelper(helper, server);
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
const askHelper = async (helper: string, server: string): Promise<Credentials | null> => {
  if (!/^[\w.-]+$/.test(helper)) throw new InstarError("INS3004", `the credential helper ${JSON.stringify(helper)} has no usable name`);
  const command = `docker-credential-${helper}`;
  const { code, out } = await new Promise<{ code: number | null; out: string }>((resolve, reject) => {
    const child = spawn(command, ["get"], { stdio: ["pipe", "pipe", "ignore"] });
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.on("error", (error) =>
      reject(new InstarError("INS3004", `the credential helper ${command} cannot be run: ${error.message}`, { cause: error })),
    );
    child.on("close", (code) => resolve({ code, out }));
    // A helper that ends without reading has answered all the same.
    child.stdin.on("error", () => {});
    child.stdin.end(server);
  });
  if (code !== 0) {
    if (/credentials not found/i.test(out)) return null;
    throw new InstarError("INS3004", `the credential helper ${command} failed: ${out.trim() || `exit code ${code}`}`);
  }
  const answer = JSON.parse(out) as { Username: string; Secret: string };
  return answer.Username === "<token>"
    ? { identitytoken: answer.Secret, serveraddress: server }
    : { username: answer.Username, password: answer.Secret, serveraddress: server };
};
