import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { rude } from "../apps/images.ts";
import { Installation } from "./installation.ts";
import { freePort, occupy } from "./ports.ts";
import { rudeService, rudeStack } from "./stacks.ts";
import { until } from "./until.ts";

let instar: Installation;
let port: number;
const DOMAIN = "shop.example";
beforeAll(async () => {
  instar = await Installation.start();
  port = await freePort();
  const domains = { ready: { http: "/healthz" }, drain: "1s", domains: [DOMAIN] };
  await instar.apply("shop", { services: { web: rudeService({ port, replicas: 2, more: { "x-instar": domains } }) } });
});
afterAll(async () => instar?.wipe());

/** Everything that runs, by id and start, what the daemon says of it, and that it answers. */
async function runningSystem(): Promise<unknown> {
  const containers = (await instar.containers()).map((one) => `${one.name} ${one.id} ${one.startedAt} ${one.state}`);
  const services = await instar.services();
  const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } });
  return { containers, services, status: answer.status };
}

let before: unknown;
beforeEach(async () => {
  before = await runningSystem();
});
afterEach(async () => {
  expect(await runningSystem(), "the running system is exactly as before").toEqual(before);
});

const up = (name: string, content: object | string) => instar.refused("up", "-f", instar.file(name, content), "--stack", name);

function expectCauseAndRemedy(refusal: { message: string; hint: string }): void {
  expect(refusal.message.length).toBeGreaterThan(10);
  expect(refusal.hint.length).toBeGreaterThan(5);
}

describe("a bad stack file: exit 65, with the place", () => {
  const files: Record<string, { content: string; code: string; at?: { line: number; column?: number } }> = {
    "an unknown key": { content: "services:\n  web:\n    imagee: a\n", code: "INS1003", at: { line: 3, column: 5 } },
    "a wrong type": { content: "services:\n  web:\n    image: a\n    deploy:\n      replicas: three\n", code: "INS1004", at: { line: 5 } },
    "YAML that is none": { content: "services:\n  web: [\n", code: "INS1002" },
    "a missing variable": { content: "services:\n  web:\n    image: a:${TAG:?say which}\n", code: "INS1005", at: { line: 3 } },
    "a key that cannot be honoured": {
      content: "services:\n  web:\n    image: a\n    mac_address: 02:42:ac:11:00:03\n",
      code: "INS1006",
      at: { line: 4 },
    },
    "a network nobody declared": {
      content: "services:\n  web:\n    image: a\n    networks: [nowhere]\n",
      code: "INS1008",
      at: { line: 4 },
    },
    "a circle of dependencies": {
      content: "services:\n  a:\n    image: a\n    depends_on: [b]\n  b:\n    image: b\n    depends_on: [a]\n",
      code: "INS1010",
    },
    "one port twice": {
      content: "services:\n  a:\n    image: a\n    ports: ['21999:80']\n  b:\n    image: b\n    ports: ['21999:80']\n",
      code: "INS1009",
    },
    "a domain that would end a directive": {
      content:
        'services:\n  web:\n    image: a\n    expose: [8080]\n    x-instar:\n      port: 8080\n      domains: ["a.example\\n  bind :1"]\n',
      code: "INS1014",
      at: { line: 7 },
    },
  };
  for (const [what, { content, code, at }] of Object.entries(files)) {
    it(what, async () => {
      const refusal = await up("bad", content);
      expect(refusal).toMatchObject({ exit: 65, code });
      expectCauseAndRemedy(refusal);
      if (at !== undefined) expect(refusal.at).toMatchObject(at);
    });
  }

  it("that is not there", async () => {
    expect(await instar.refused("up", "-f", "nowhere.yaml")).toMatchObject({ exit: 65, code: "INS1001" });
  });
});

describe("what clashes with something that runs", () => {
  it("a port of another stack", async () => {
    const refusal = await up("rival", rudeStack({ port }));
    expect(refusal).toMatchObject({ exit: 65, code: "INS1009" });
    expect(refusal.message).toContain("shop");
  });

  it("a domain of another stack", async () => {
    const more = { "x-instar": { ready: { http: "/healthz" }, domains: [DOMAIN] } };
    const refusal = await up("rival", { services: { web: rudeService({ port: await freePort(), more }) } });
    expect(refusal).toMatchObject({ exit: 65, code: "INS1009" });
    expect(refusal.message).toContain(DOMAIN);
  });

  it("a name that would make two instances the same", async () => {
    const first = instar.file("shop-web", { services: { extra: rudeService({ port: await freePort(), replicas: 1 }) } });
    const second = instar.file("clash", { services: { "web-extra": rudeService({ port: await freePort(), replicas: 1 }) } });
    const accepted = await instar.run("up", "-f", first, "--stack", "shop-web", "--json");
    expect(accepted.code, accepted.stderr).toBe(0);
    try {
      // shop-web + extra and shop + web-extra would both be shop-web-extra-r1-1-a1.
      const refusal = await instar.refused("up", "-f", second, "--stack", "shop");
      expect([1, 65]).toContain(refusal.exit);
      expectCauseAndRemedy(refusal);
    } finally {
      await instar.run("down", "shop-web", "--json");
    }
  });

  it("a port that some other program has", async () => {
    const taken = await freePort();
    const release = await occupy(taken);
    try {
      const refusal = await up("late", rudeStack({ port: taken, replicas: 1 }));
      expect(refusal).toMatchObject({ exit: 1, code: "INS4001" });
      expect(refusal.message).toContain(String(taken));
    } finally {
      await release();
    }
  });

  it("a port that another HAProxy has", async () => {
    const taken = await freePort();
    const folder = join(instar.home, "files");
    writeFileSync(
      join(folder, "other.cfg"),
      `defaults\n  mode http\n  timeout client 1s\nfrontend f\n  bind :${taken}\n  http-request return status 200\n`,
    );
    const other = await instar.docker.createContainer({
      Image: "instar/router:3.0",
      Cmd: ["haproxy", "-W", "-f", "/cfg/other.cfg"],
      HostConfig: { NetworkMode: "host", Binds: [`${folder}:/cfg:ro`] },
    });
    try {
      await other.start();
      await until("the other HAProxy to answer", async () => (await fetch(`http://127.0.0.1:${taken}/`).catch(() => null))?.ok);
      expect(await up("late", rudeStack({ port: taken, replicas: 1 }))).toMatchObject({ exit: 1, code: "INS4001" });
    } finally {
      await other.remove({ force: true });
    }
  });

  it("a port that another Instar has", async () => {
    const other = await Installation.start();
    try {
      const taken = await freePort();
      await other.apply("theirs", rudeStack({ port: taken, replicas: 1 }));
      expect(await up("late", rudeStack({ port: taken, replicas: 1 }))).toMatchObject({ exit: 1, code: "INS4001" });
      expect(await other.refused("up", "-f", other.file("mine", rudeStack({ port, replicas: 1 })), "--stack", "mine")).toMatchObject({
        code: "INS4001",
      });
    } finally {
      await other.wipe();
    }
  });

  it("an image that nobody has", async () => {
    const refusal = await up("late", rudeStack({ port: await freePort(), image: "instar-test/nothing:here" }));
    expect(refusal).toMatchObject({ exit: 1, code: "INS3004" });
    expect(refusal.message).toContain("instar-test/nothing:here");
  });
});

describe("bad questions", () => {
  const questions: [string, string[], number, string][] = [
    ["an unknown verb", ["explode"], 64, "INS2001"],
    ["an unknown service", ["redeploy", "nothing"], 1, "INS2002"],
    ["an unknown revision", ["rollback", "shop/web", "--to", "99"], 1, "INS2004"],
    ["an unknown deployment", ["abort", "D9999"], 1, "INS2005"],
    ["an unknown stack", ["down", "nothing"], 1, "INS2006"],
    ["a scale that is no number", ["scale", "shop/web", "many"], 64, "INS2001"],
  ];
  for (const [what, args, exit, code] of questions) {
    it(`${what}: ${code}, exit ${exit}`, async () => expect(await instar.refused(...args)).toMatchObject({ exit, code }));
  }

  it("off the socket without a token: 401 and exit 77", async () => {
    const url = `http://${instar.env.INSTAR_LISTEN}`;
    const answer = await fetch(`${url}/v1/stacks`);
    expect(answer.status).toBe(401);
    const stranger = await Installation.create({ env: { INSTAR_URL: url, INSTAR_TOKEN: "x".repeat(43) } });
    try {
      expect(await stranger.refused("stacks")).toMatchObject({ exit: 77, code: "INS7002" });
    } finally {
      await stranger.wipe();
    }
  });
});

describe("a daemon that cannot work", () => {
  it("a second one on the same home is refused", async () => {
    expect(await instar.refused("server")).toMatchObject({ exit: 1, code: "INS6002" });
  });

  it("no daemon at all: exit 69", async () => {
    const nobody = await Installation.create();
    try {
      expect(await nobody.refused("ps")).toMatchObject({ exit: 69, code: "INS7001" });
    } finally {
      await nobody.wipe();
    }
  });

  it("an unreachable engine: exit 69", async () => {
    const alone = await Installation.create({ env: { DOCKER_HOST: "unix:///tmp/instar-e2e-no-engine.sock" } });
    try {
      expect(await alone.refused("server")).toMatchObject({ exit: 69, code: "INS3001" });
    } finally {
      await alone.wipe();
    }
  });

  it("a socket path that is too long", async () => {
    const deep = join("/tmp", `instar-e2e-${"deep".repeat(25)}`);
    const long = await Installation.create({ home: deep });
    try {
      expect(await long.refused("server")).toMatchObject({ exit: 64, code: "INS7003" });
    } finally {
      await long.wipe();
    }
  });

  it("a full disk: refused, everything serves on, and works again once there is room", async () => {
    const disk = `/tmp/instar-e2e-full-${process.pid}`;
    mkdirSync(disk, { recursive: true });
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=24m", "tmpfs", disk]);
    const full = await Installation.start({ home: join(disk, "home") });
    try {
      const own = await freePort();
      await full.apply("small", rudeStack({ port: own, replicas: 1, drain: "1s" }));
      const ids = (await full.containers()).map((one) => one.id);
      const filler = join(disk, "filler");
      expect(() => writeFileSync(filler, Buffer.alloc(64 << 20, 1))).toThrow(/ENOSPC/);
      const refusal = await full.refused("deploy", "small/web", "--image", rude("v2"));
      expect(refusal, refusal.message).toMatchObject({ exit: 1, code: "INS6003" });
      expect((await fetch(`http://127.0.0.1:${own}/`)).status).toBe(200);
      expect((await full.containers()).map((one) => one.id)).toEqual(ids);
      rmSync(filler);
      await full.moved("deploy", "small/web", "--image", rude("v2"));
    } finally {
      await full.wipe();
      execFileSync("umount", ["-l", disk]);
      rmSync(disk, { recursive: true, force: true });
    }
  });
});
