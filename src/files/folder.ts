import { open } from "node:fs/promises";

/** What was made, renamed and removed in the folder is on the disk when it resolves. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
