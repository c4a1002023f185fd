import { expect, it } from "vitest";
import { memoryDatabase } from "./memory-database.ts";

const KEY = { stack: "shop", service: "web" };

it("what every pass reads of its service is found by an index, whatever other services have", async () => {
  const asked: string[] = [];
  const { store, file } = await memoryDatabase("test", (sql) => asked.push(sql));
  await store.facts(KEY);
  await store.crashes(KEY, 0);
  await store.completions(KEY);
  await store.heals(KEY, 0);
  await store.service(KEY);
  await store.revision(KEY, 1);
  await store.deployments(KEY, 10);
  await store.openJobs(KEY);
  expect(asked).toHaveLength(8);
  for (const sql of asked) {
    const values = Array.from({ length: sql.split("?").length - 1 }, () => 0);
    const plan = file.prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`).all(...values);
    expect(plan[0]?.detail, sql).toMatch(/^SEARCH /);
  }
});
