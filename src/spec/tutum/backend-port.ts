import { type Variable, variablesOf } from "./environment.ts";
import { itemsOf } from "./old-service.ts";
import { readPort } from "./ports.ts";
import type { OldService } from "./types.ts";
import { textOf } from "./values.ts";

/** `8080,9000/ssl` → 8080, 9000. */
export const portNumbers = (variable: Variable | undefined): number[] =>
  (variable?.value ?? "")
    .split(",")
    .map((part) => Number(part.trim().split("/")[0]))
    .filter((port) => Number.isInteger(port) && port >= 1 && port <= 65535);

/** The container port that a proxy sent HTTP to, and what is to be said of the choice; null: nothing. */
export function httpPort(service: OldService): { readonly port: number; readonly note: string | null } {
  const variables = variablesOf(service);
  const listed = portNumbers(variables.get("SERVICE_PORTS") ?? variables.get("BACKEND_PORTS"));
  const exposed = itemsOf(service.keys.get("expose")?.value)
    .map(textOf)
    .filter((text) => !text.endsWith("/udp"));
  const published = itemsOf(service.keys.get("ports")?.value).flatMap((item) => {
    const port = readPort(item);
    return port === null || port.protocol === "udp" ? [] : [port.target];
  });
  const not = new Set([...portNumbers(variables.get("EXCLUDE_PORTS")), ...portNumbers(variables.get("TCP_PORTS"))]);
  const own = listed.length > 0 ? listed : [...exposed.map((text) => Number(text.split("/")[0])), ...published];
  const found = [...new Set(own)].filter((port) => Number.isInteger(port) && port >= 1 && port <= 65535 && !not.has(port));
  const [first = 80] = found.includes(80) ? [80] : found;
  if (found.length === 0)
    return { port: 80, note: "its port is not in the file, and 80 is taken: correct it where the image listens elsewhere" };
  return { port: first, note: found.length === 1 ? null : `of its ports ${found.join(", ")} the requests go to ${first}` };
}
