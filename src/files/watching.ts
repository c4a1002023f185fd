import { watch as watchFolder } from "node:fs";

/** Folders as far as they can be watched: without room for another watch, the periodic look finds what changed. */
export function watchFolders(paths: readonly string[], touched: () => void): () => void {
  const watching = paths.flatMap((path) => {
    try {
      const watcher = watchFolder(path, { persistent: false }, touched);
      watcher.on("error", () => watcher.close());
      return [watcher];
    } catch (cause) {
      if (["ENOSPC", "EMFILE", "ENOENT"].includes((cause as NodeJS.ErrnoException).code ?? "")) return [];
      throw cause;
    }
  });
  return () => {
    for (const watcher of watching) watcher.close();
  };
}
