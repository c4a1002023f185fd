import { expect, it } from "vitest";
import { fresh } from "../../src/plan/fresh.ts";

const IDENTITY = { name: "s-w-r2-1-a1", revision: 2, slot: 1, attempt: 1, generation: 3, instanceHash: "new" };

it("an instance right after its create is whom it was made as, and has lived through nothing", () => {
  const { name, revision, slot, attempt, generation, instanceHash, life, busy, ...rest } = fresh(IDENTITY, "create");
  expect({ name, revision, slot, attempt, generation, instanceHash }).toEqual(IDENTITY);
  expect([life, busy]).toEqual(["created", "create"]);
  // Nothing is known of what has not happened: no instant, no exit code, no probe, no route.
  for (const fact of ["createdAt", "startedAt", "exitCode", "readySince", "probedSince", "probeDetail", "route", "drainingSince"] as const)
    expect(rest[fact], fact).toBeNull();
  // Nobody touched, wore or adopted it, and it stays where it was put.
  for (const mark of ["revives", "worn", "sick", "evidence", "outside"] as const) expect(rest[mark], mark).toBe(false);
  expect(rest.built).toBe(true);
});

it("takes no more of what is given than who it is", () => {
  const other = { ...fresh(IDENTITY, null), worn: true, life: "ended" as const, startedAt: 5 };
  expect(fresh(other, null)).toEqual(fresh(IDENTITY, null));
});
