import type { Socket } from "node:net";

/**
 * After a write that was one too many: until it takes more, or is gone. Leaves nothing behind, neither a listener nor a promise that
 * waits on: a restore of 100 GB has more than a million of these.
 */
export const drained = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    const over = (): void => {
      socket.off("drain", over).off("close", over);
      resolve();
    };
    if (socket.closed) resolve();
    else socket.on("drain", over).on("close", over);
  });
