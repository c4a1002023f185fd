import { describe, expect, test } from "vitest";
import type { Executing } from "../../src/reconcile/execution.ts";
import type { Place } from "./engine.ts";
import { POLL } from "./engine-world.ts";

const how = (given: Partial<Executing> = {}): Executing => ({ timeoutMs: 30_000, keptBytes: 1000, begun: async () => undefined, ...given });

export const executionConformance = (place: Place): void => {
  describe("commands in an instance", () => {
    test("its exit code and its last words; its id is told before it runs, and the engine's events have it", async () => {
      const { engine, started, listen } = place();
      const { name } = await started({ service: "told", slot: 151 });
      const listening = await listen();
      const begun: { id: string; running: boolean }[] = [];
      const heard = (action: string) => listening.seen.find((event) => event.action === action && event.name === name);
      const ids = async (id: string): Promise<void> => {
        begun.push({ id, running: heard("exec_start") !== undefined });
      };
      expect(await engine.execute(name, ["echo", "one", "two"], how({ keptBytes: 4, begun: ids }))).toEqual({
        ...{ exitCode: 0, ended: true, output: "two\n" },
      });
      await expect.poll(() => heard("exec_die"), POLL).toBeDefined();
      expect(begun).toEqual([{ id: heard("exec_start")?.labels["execID"], running: false }]);
      expect(heard("exec_die")?.labels["execID"]).toBe(begun[0]?.id);
      expect(await engine.execute(name, ["sh", "-c", "exit 3"], how())).toMatchObject({ exitCode: 3, ended: true });
      await listening.end();
    });

    test("one that takes too long is ended", async () => {
      const { engine, started } = place();
      const { name } = await started({ service: "slow", slot: 152 });
      expect(await engine.execute(name, ["sleep", "1000"], how({ timeoutMs: 300 }))).toEqual({ exitCode: null, ended: true, output: "" });
    });

    test("not in what is gone, stopped or not ours, and not what the image does not have", async () => {
      const { engine, started, foreignContainer, prefix } = place();
      const { name } = await started({ service: "gone", slot: 153 });
      const missing = await engine.execute(name, ["no-such-program"], how());
      expect([[126, 127].includes(missing.exitCode ?? 0), missing.output]).toEqual([true, expect.stringContaining("no-such-program")]);
      await engine.stop(name, { signal: null, graceMs: 1000 });
      await expect(engine.execute(name, ["echo"], how())).rejects.toMatchObject({ code: "INS3019" });
      await expect(engine.execute(`${prefix}-nobody`, ["echo"], how())).rejects.toMatchObject({ code: "INS3019" });
      await foreignContainer(`${prefix}-theirs`);
      await expect(engine.execute(`${prefix}-theirs`, ["echo"], how())).rejects.toMatchObject({ code: "INS3002" });
    });
  });
};
