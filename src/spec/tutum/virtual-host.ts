import { isHost, isPathPrefix } from "../names.ts";
import { hasVariable } from "./values.ts";

export interface VirtualHost {
  readonly written: string;
  /** As `x-instar.domains` has it; null: the router has no word for it. */
  readonly domain: string | null;
  /** What is not the same; null: nothing. */
  readonly note: string | null;
}

const FORM = /^(?:(https?|wss?):\/\/)?([^/:]*)(?::([^/]*))?(\/.*)?$/i;

/** `[scheme://]domain[:port][/path], …` of a VIRTUAL_HOST (dockercloud/haproxy, README). */
export const readVirtualHosts = (value: string): VirtualHost[] =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map(readOne);

function readOne(written: string): VirtualHost {
  const none = (note: string): VirtualHost => ({ written, domain: null, note });
  if (hasVariable(written))
    return {
      written,
      domain: written.replace(/^(https?|wss?):\/\//i, ""),
      note: "the variable must give one host name, with a path at the most",
    };
  const [, scheme = "http", host = "", port = "", path = ""] = FORM.exec(written) ?? [];
  const prefix = path.replace(/\*$/, "").replace(/\/$/, "");
  if (host === "" || host === "*") return none("a domain names its host: write those that are meant under x-instar: { domains: […] }");
  if (!isHost(host.toLowerCase())) return none("it is no host name; a wildcard stands first and alone in its label: *.shop.example");
  if (prefix !== "" && !isPathPrefix(prefix)) return none("a path of a domain is a plain beginning: shop.example/api");
  const notes = [
    ...(/^(https|wss)$/i.test(scheme) ? ["it is served in plain HTTP: terminate TLS in front"] : []),
    ...(port === "" || port === "80" || port === "443" ? [] : [`domains are served on port 80, not ${port}`]),
    ...(prefix !== "" && !path.endsWith("*") ? ["the path was matched exactly; now what is below it goes there too"] : []),
  ];
  return { written, domain: host.toLowerCase() + prefix, note: notes.length === 0 ? null : notes.join("; ") };
}
