import { InstarError } from "../errors.ts";
import type { Control, ServiceKey } from "../reconcile/control.ts";
import { type Holder, reaches } from "./holder.ts";

/**
 * `service` or `stack/service` to both names, among what the holder reaches: what else there is does not show, nor make a name
 * ambiguous. Raises INS2002, INS2003.
 */
export async function find(control: Control, holder: Holder, name: string): Promise<ServiceKey> {
  const { scope } = holder;
  if (scope === null) return control.find(name);
  const names = name.includes("/") ? [name] : [...new Set(scope.map((part) => part.split("/")[0]))].map((stack) => `${stack}/${name}`);
  const found: ServiceKey[] = [];
  for (const one of names) {
    const [stack = "", service = ""] = one.split("/");
    if (reaches(holder, { stack, service })) found.push(...(await known(control, one)));
  }
  const [only] = found;
  if (only === undefined) throw new InstarError("INS2002", `the token reaches no service ${name}`);
  if (found.length > 1) throw new InstarError("INS2003", `${name} is in ${found.map(({ stack }) => stack).join(" and ")}`);
  return only;
}

async function known(control: Control, name: string): Promise<readonly ServiceKey[]> {
  try {
    return [await control.find(name)];
  } catch (error) {
    if (error instanceof InstarError && error.code === "INS2002") return [];
    throw error;
  }
}
