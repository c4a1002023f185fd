import type Docker from "dockerode";
import { expect, test } from "vitest";
import { rememberInspects } from "../../src/engine/docker/inspects.ts";

const inspectOf = (status: string, health?: string): Docker.ContainerInspectInfo =>
  ({ Id: "x", State: { Status: status, ...(health === undefined ? {} : { Health: { Status: health } }) } }) as Docker.ContainerInspectInfo;

/** An engine that counts how often it is asked, and answers when it is let. */
const counted = (answer: () => Docker.ContainerInspectInfo | null) => {
  let asked = 0;
  let gate = Promise.resolve();
  const inspects = rememberInspects(async () => {
    asked += 1;
    await gate;
    return answer();
  });
  return {
    inspects,
    asked: () => asked,
    hold: () => {
      let release = (): void => {};
      gate = new Promise((resolve) => {
        release = resolve;
      });
      return () => release();
    },
  };
};

test("without a watch every look is an inspect", async () => {
  const { inspects, asked } = counted(() => inspectOf("running"));
  await inspects.read("x", "running", "Up 1 second");
  await inspects.read("x", "running", "Up 1 second");
  expect(asked()).toBe(2);
});

test("under a watch one inspect serves until something happens", async () => {
  const { inspects, asked } = counted(() => inspectOf("running"));
  inspects.watch();
  for (let n = 0; n < 3; n += 1) await inspects.read("x", "running", "Up 1 second");
  expect(asked()).toBe(1);
  inspects.touch("other");
  await inspects.read("x", "running", "Up 2 seconds");
  expect(asked()).toBe(1);
  inspects.touch("x");
  await inspects.read("x", "running", "Up 2 seconds");
  expect(asked()).toBe(2);
});

test("the end of a watch forgets everything, whatever else still watches", async () => {
  const { inspects, asked } = counted(() => inspectOf("running"));
  const end = inspects.watch();
  await inspects.read("x", "running", "Up");
  end();
  end();
  await inspects.read("x", "running", "Up");
  expect(asked()).toBe(2);
  inspects.watch();
  await inspects.read("x", "running", "Up");
  await inspects.read("x", "running", "Up");
  expect(asked()).toBe(3);
});

test("a list that says otherwise is believed", async () => {
  const { inspects, asked } = counted(() => inspectOf("running", "healthy"));
  inspects.watch();
  await inspects.read("x", "running", "Up 5 seconds (healthy)");
  await inspects.read("x", "running", "Up 5 seconds (healthy)");
  expect(asked()).toBe(1);
  await inspects.read("x", "running", "Up 5 seconds (unhealthy)");
  expect(asked()).toBe(2);
  await inspects.read("x", "exited", "Exited (1) 1 second ago");
  expect(asked()).toBe(3);
});

test("what an event overtook is not kept", async () => {
  const { inspects, asked, hold } = counted(() => inspectOf("running"));
  inspects.watch();
  const release = hold();
  const first = inspects.read("x", "running", "Up");
  inspects.touch("x");
  release();
  await first;
  await inspects.read("x", "running", "Up");
  expect(asked()).toBe(2);
});

test.each([
  ["restarting", undefined, "Restarting (1) 1 second ago"],
  ["removing", undefined, "Removal In Progress"],
  ["running", "starting", "Up 1 second (health: starting)"],
  ["running", "unhealthy", "Up 1 second (unhealthy)"],
])("%s with health %s is always looked at", async (status, health, words) => {
  const { inspects, asked } = counted(() => inspectOf(status, health));
  inspects.watch();
  await inspects.read("x", status, words);
  await inspects.read("x", status, words);
  expect(asked()).toBe(2);
});

test("one that vanished is null", async () => {
  const { inspects } = counted(() => null);
  inspects.watch();
  expect(await inspects.read("x", "running", "Up")).toBeNull();
});
