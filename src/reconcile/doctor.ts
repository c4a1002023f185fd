import { InstarError } from "../errors.ts";
import type { Deps } from "./actions.ts";
import type { DoctorView } from "./control.ts";

type Check = DoctorView["checks"][number];

/** What could go wrong on this machine, looked at now. */
export async function doctor(deps: Deps): Promise<DoctorView> {
  return { checks: [...(await engineChecks(deps)), await routerCheck(deps), await storeCheck(deps)] };
}

async function engineChecks({ engine }: Deps): Promise<Check[]> {
  try {
    const facts = await engine.ping();
    return [
      { name: "engine", state: "ok", message: `Docker ${facts.version}, API ${facts.apiVersion}`, hint: null },
      facts.liveRestore
        ? { name: "live-restore", state: "ok", message: "instances outlive a restart of dockerd", hint: null }
        : {
            name: "live-restore",
            state: "warn",
            message: "a restart of dockerd stops every instance",
            hint: 'put "live-restore": true in /etc/docker/daemon.json and reload dockerd',
          },
    ];
  } catch (error) {
    return [failed("engine", error)];
  }
}

async function routerCheck({ router }: Deps): Promise<Check> {
  try {
    const servers = await router.observe();
    return { name: "router", state: "ok", message: `HAProxy answers; ${servers.length} servers in its table`, hint: null };
  } catch (error) {
    return failed("router", error);
  }
}

async function storeCheck({ store }: Deps): Promise<Check> {
  const stacks = await store.stacks();
  return { name: "store", state: "ok", message: `${stacks.filter((s) => !s.removed).length} stacks`, hint: null };
}

function failed(name: string, error: unknown): Check {
  if (error instanceof InstarError) return { name, state: "fail", message: error.message, hint: error.hint };
  throw error;
}
