/**
 * Which engine the test file of this worker has: `INSTAR_LANES` lists the folders of one lab per worker (script/test starts
 * them), so that two files run at once without meeting at an engine, an address block or a port. Without it, the environment's.
 */
const labs = (process.env["INSTAR_LANES"] ?? "").split(" ").filter((folder) => folder !== "");

/** 0 for the first worker. */
export const LANE = (Number(process.env["VITEST_POOL_ID"] ?? "1") - 1) % Math.max(1, labs.length);

const lab = labs[LANE];
if (lab !== undefined) {
  process.env["INSTAR_LAB"] = lab;
  process.env["DOCKER_HOST"] = `unix://${lab}/docker.sock`;
  process.env["INSTAR_POOL"] = `10.${210 + LANE}.0.0/16`;
}
