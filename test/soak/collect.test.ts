import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { freePort } from "../e2e/ports.ts";
import { collect } from "./collect.ts";

const PROGRAM = `
const gone = new FinalizationRegistry(() => process.stdout.write("collected"));
gone.register({}, null);
setInterval(() => undefined, 1000);
process.stdout.write("begun");
`;

it("a process that is asked to collects what nobody refers to", async () => {
  const port = await freePort();
  const child = spawn(process.execPath, [`--inspect-port=127.0.0.1:${port}`, "-e", PROGRAM], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    expect(String((await once(child.stdout, "data"))[0])).toBe("begun");
    const collected = once(child.stdout, "data");
    await collect(child.pid ?? 0, port);
    expect(String((await collected)[0])).toBe("collected");
  } finally {
    child.kill();
  }
});
