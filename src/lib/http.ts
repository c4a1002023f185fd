/**
 * Node's HTTP, for `import … from "node:http"`: that import reads all its exports at once, and one of them, WebSocket, loads all of
 * fetch, which takes as long as Node itself takes to start. No command has use for it.
 */
export const { Agent, request } = process.getBuiltinModule("node:http");
