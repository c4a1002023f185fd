import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { restoredFrom, settleRestored } from "./backup/mark.ts";
import type { Recover } from "./cli/cli.ts";
import type { DockerAddress } from "./engine/docker/client.ts";
import { createDockerEngine } from "./engine/docker/engine.ts";
import { findRemains, type Remains } from "./engine/docker/remains.ts";
import { InstarError } from "./errors.ts";
import { systemClock } from "./reconcile/clock.ts";
import type { Engine } from "./reconcile/ports.ts";
import { count, type Found, found, remnants, reunite } from "./reconcile/reunite.ts";
import type { Store } from "./reconcile/store.ts";
import { LOCK_FILE, lockHome, openStore, STORE_FILE } from "./store/sqlite.ts";

/**
 * A store for a home that was lost, from what its installation still runs. null when the person says no.
 * Raises INS6013, INS6014, INS6015, and what the engine raises.
 */
export async function recoverStore(home: string, address: DockerAddress, how: Recover): Promise<Store | null> {
  if (existsSync(join(home, STORE_FILE))) throw new InstarError("INS6015", `there is a store in ${home}`);
  const remains = chosen(await findRemains(address), how.installation);
  if (remains.home !== null && remains.home !== home && existsSync(join(remains.home, STORE_FILE)))
    throw new InstarError("INS6015", `the installation ${remains.installation} has its store in ${remains.home}`, {
      hint: `start it there: INSTAR_HOME=${remains.home} instar server`,
    });
  const { installation } = remains;
  const seen = await found(createDockerEngine({ ...address, installation }), remains.origins);
  if (!(await how.confirm(inWords(remains, seen)))) return null;
  const store = await openStore(home, { installation });
  try {
    await reunite(store, seen, { kind: "recovered" }, systemClock.now());
    return store;
  } catch (cause) {
    await store.close();
    for (const suffix of ["", "-wal", "-shm"]) rmSync(join(home, `${STORE_FILE}${suffix}`), { force: true });
    throw cause;
  }
}

/**
 * After a restore, before anything else is done: what runs is newer than what the backup says of it. Raises INS6002 while the daemon
 * whose home the backup was made of runs elsewhere.
 */
export async function afterRestore(home: string, store: Store, engine: Engine, address: DockerAddress): Promise<void> {
  const date = await restoredFrom(home);
  if (date === null) return;
  const remains = (await findRemains(address)).find((one) => one.installation === store.installation);
  refuseTwo(home, remains?.home ?? null);
  await reunite(store, await found(engine, remains?.origins ?? new Map()), { kind: "restored", date }, systemClock.now());
  await settleRestored(home);
}

/** Two daemons of one installation would undo each other's work. `lastHome`: where it was last run from; null when nothing tells. */
export function refuseTwo(home: string, lastHome: string | null): void {
  if (lastHome !== null && lastHome !== home && existsSync(join(lastHome, LOCK_FILE))) lockHome(lastHome)();
}

function chosen(all: readonly Remains[], wanted: string | null): Remains {
  const few = wanted === null ? all : all.filter((one) => one.installation === wanted);
  const [one, ...more] = few;
  const listed = all.map((each) => `${each.installation} (${count(each.origins.size)}, home ${each.home ?? "unknown"})`).join(", ");
  if (one === undefined)
    throw new InstarError(
      "INS6013",
      wanted === null ? "the engine has no container of Instar" : `nothing of ${wanted} is here; here are: ${listed || "none"}`,
    );
  if (more.length > 0) throw new InstarError("INS6014", `there are several installations here: ${listed}`);
  return one;
}

function inWords(remains: Remains, seen: Found): string[] {
  const lines = remnants(seen).map(({ key, live, known }) => {
    const name = `${key.stack}/${key.service}`;
    const [newest] = known;
    if (newest === undefined)
      return `  ${name}  ${count(live.length)} of an older version CANNOT be recovered: they run on, but the router sends nothing to them until instar up deploys the service again`;
    const contents = new Set(live.map((i) => `${i.instanceHash}/${i.generation}`)).size;
    return `  ${name}  revision ${newest.revision}, ${count(live.length)}${contents > 1 ? " in the middle of a deployment: it will be paused" : ""}`;
  });
  return [
    `installation ${remains.installation}, last run from ${remains.home ?? "an unknown home"}:`,
    ...lines,
    "History, the token, overrides and snapshots' records are not on the engine: they begin anew.",
  ];
}
