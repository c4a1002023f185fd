import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Figure, median } from "./figure.ts";

const INSTAR = fileURLToPath(new URL("../bin/instar", import.meta.url));
const ONCE = fileURLToPath(new URL("resolve-once.ts", import.meta.url));

/** A stack file of 200 services, each with what services usually have, read by processes that have done nothing before; and the CLI's start. */
export function resolvingFigures(): readonly Figure[] {
  const folder = mkdtempSync(join(tmpdir(), "instar-bench-"));
  const text = stackOf(200);
  writeFileSync(join(folder, "compose.yaml"), text);
  const resolved = repeat(7, () => Number(run(process.execPath, [ONCE], folder)));
  const started = repeat(7, () => {
    const began = performance.now();
    run(INSTAR, ["--version"], folder);
    return performance.now() - began;
  });
  rmSync(folder, { recursive: true });
  const from = { "KiB of YAML": text.length / 1024 };
  return [
    { name: "a stack file of 200 services resolved, after start", value: median(resolved), unit: "ms", atMost: 300, from },
    { name: "instar --version", value: median(started), unit: "ms", atMost: 150, from: {} },
  ];
}

const repeat = (times: number, measure: () => number): number[] => Array.from({ length: times }, measure);

function run(program: string, words: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, words, { cwd, encoding: "utf8" });
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return stdout;
}

function stackOf(count: number): string {
  const services = Array.from({ length: count }, (_, i) => {
    const variables = Array.from({ length: 8 }, (_, n) => `      VAR_${n}: value ${n} of \${NAME:-svc}${i}`);
    const after = i === 0 ? [] : ["    depends_on:", `      svc${i - 1}:`, "        condition: service_healthy"];
    return [
      `  svc${i}:`,
      `    image: registry.example/shop/svc${i}:\${TAG:-1.4}`,
      "    restart: unless-stopped",
      "    environment:",
      "      <<: *env",
      ...variables,
      "    ports:",
      `      - "${8000 + i}:8080"`,
      "    volumes:",
      `      - data${i}:/var/lib/data`,
      "      - ./config:/etc/app:ro",
      "    healthcheck:",
      '      test: ["CMD", "curl", "-f", "http://localhost:8080/healthz"]',
      "      interval: 10s",
      "      retries: 3",
      ...after,
      "    networks: [front, back]",
      "    deploy:",
      "      resources:",
      '        limits: { cpus: "0.5", memory: 256m }',
      "    labels:",
      `      team: shop${i % 7}`,
      "    x-instar:",
      "      ready: { http: /healthz }",
    ].join("\n");
  });
  const volumes = Array.from({ length: count }, (_, i) => `  data${i}:`);
  return [
    "name: big",
    "x-env: &env",
    "  LOG: info",
    "services:",
    ...services,
    "networks:",
    "  front:",
    "  back:",
    "volumes:",
    ...volumes,
    "",
  ].join("\n");
}
