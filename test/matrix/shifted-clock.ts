/**
 * Loaded into a daemon (`node --import`): its wall clock is shifted by as many ms as the file `MATRIX_CLOCK` says, read at the
 * start and at each SIGUSR2. The machine's clock, and the process's own timers, stay as they are.
 */
import { readFileSync } from "node:fs";

const file = process.env.MATRIX_CLOCK ?? "";
const RealDate = Date;
let offset = 0;
const read = (): void => {
  offset = Number(readFileSync(file, "utf8"));
};

class ShiftedDate extends RealDate {
  constructor(...given: unknown[]) {
    super(...((given.length === 0 ? [RealDate.now() + offset] : given) as [number]));
  }

  static override now(): number {
    return RealDate.now() + offset;
  }
}

if (file !== "") {
  read();
  process.on("SIGUSR2", read);
  globalThis.Date = ShiftedDate as DateConstructor;
}
