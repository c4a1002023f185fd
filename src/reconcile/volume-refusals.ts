import { InstarError } from "../errors.ts";
import type { VolumeUser } from "./ports.ts";

export const inUse = (volume: string, users: readonly VolumeUser[], hint: string): InstarError =>
  new InstarError("INS3011", `${volume} is in use by ${users.map((user) => user.container).join(", ")}`, { hint });

export const brokenOff = (volume: string, id: string, cause: unknown): unknown =>
  cause instanceof InstarError
    ? new InstarError(cause.code, `${cause.message}; ${volume} is half restored, and nothing starts on it`, {
        hint: `mend that, then finish: instar snapshot restore ${id}`,
        cause,
      })
    : cause;
