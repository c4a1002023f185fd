import { describe, expect, it } from "vitest";
import { checkStack } from "../../src/spec/check.ts";
import { diffSpecs } from "../../src/spec/diff.ts";
import { load, notices, refusal } from "./reading.ts";

const file = (jobs: string, more = "", web = ""): string => `
services:
  web: {image: shop:1, ports: ["80:8080"]${web}, x-instar: {jobs: ${jobs}}}
  migrate: {image: shop:1, command: [migrate]${more}}
  smoke: {image: curl:8, depends_on: [web]}
`;

describe("x-instar.jobs", () => {
  it("places one-off services in the spec of the service that names them", () => {
    const { spec } = load(file("{before: migrate, after: {service: smoke, timeout: 30s}}"));
    expect(Object.keys(spec.services)).toEqual(["web"]);
    expect(spec.services["web"]?.jobs).toMatchObject({
      before: { service: "migrate", image: "revision", timeoutMs: 3_600_000, spec: { command: ["migrate"], restart: { policy: "no" } } },
      after: { service: "smoke", image: "own", timeoutMs: 30_000, spec: { image: "curl:8", dependsOn: {} } },
    });
    checkStack(spec);
  });

  it("finds a job whose profile is not active, and says nothing of it", () => {
    const { spec } = load(file("{before: migrate}", ", profiles: [tools]").replace(/ {2}smoke.*\n/, ""));
    expect(spec.services["web"]?.jobs?.before?.service).toBe("migrate");
    expect(notices(file("{before: migrate}", ", profiles: [tools]").replace(/ {2}smoke.*\n/, ""))).toEqual([]);
  });

  it("lets the service wait for it as Compose files do", () => {
    const waits = ", depends_on: {migrate: {condition: service_completed_successfully}}";
    expect(load(file("{before: migrate}", "", waits)).spec.services["web"]?.dependsOn).toEqual({});
  });

  it("uses the same build as the service's image, keeps what only jobs use, and leaves no volume behind", () => {
    const { spec } = load(`
services:
  web: {build: ., x-instar: {jobs: {before: migrate}}}
  migrate: {build: ., volumes: [/scratch, "data:/data"], networks: [back]}
volumes: {data: {}}
networks: {back: {}}
`);
    const job = spec.services["web"]?.jobs?.before;
    expect(job?.image).toBe("revision");
    expect(job?.spec.tmpfs).toMatchObject([{ target: "/scratch" }]);
    expect(job?.spec.mounts).toMatchObject([{ source: "data" }]);
    expect([Object.keys(spec.volumes), Object.keys(spec.networks).sort()]).toEqual([["data"], ["back", "default"]]);
  });

  it.each<[string, string, string]>([
    ["an unknown service", file("{before: migrat}"), "INS1045"],
    ["a name that every object has", file("{before: constructor}"), "INS1045"],
    ["itself", file("{before: web}"), "INS1046"],
    ["a service with ports", file("{before: migrate}", ', ports: ["81:81"]'), "INS1046"],
    ["a service with replicas", file("{before: migrate}", ", deploy: {replicas: 2}"), "INS1046"],
    ["a service with a build of its own", file("{before: migrate}", ", build: ./tools"), "INS1046"],
    ["one before that depends on the service", file("{before: smoke}"), "INS1046"],
    ["a job with jobs", file("{before: migrate}", ", x-instar: {jobs: {before: smoke}}"), "INS1046"],
  ])("refuses %s", (_, text, code) => {
    expect(refusal(() => load(text))).toContain(code);
  });

  it.each<[string, string, string]>([
    ["a context", "context: {target: /c, files: {a: b}}", "INS1046 4:68 services.migrate.x-instar.context: a job has no context"],
    ["hooks", "hooks: {notify: https://h.example}", "INS1046 4:66 services.migrate.x-instar.hooks: a job has no hooks"],
  ])("refuses a job with %s, at its key", (_, written, words) => {
    const text = file("{before: migrate}", `, x-instar: {${written}}`);
    expect(refusal(() => load(text))).toBe(`${words} | write it under x-instar of web, or leave it out`);
  });

  it("does not ask whether a job is ready: what it inherits of that may lack a port", () => {
    const { spec } = load(file("{before: migrate}", ", x-instar: {ready: {http: /healthz}}"));
    expect(spec.services["web"]?.jobs?.before?.service).toBe("migrate");
  });

  it("refuses a context of a job over the wire too", () => {
    const { spec } = load(file("{before: migrate}"));
    const web = spec.services["web"];
    const before = web?.jobs?.before;
    if (web === undefined || before === undefined) throw new Error("there is no job");
    const context = { target: "/c", files: { a: "b" }, onChange: { kind: "nothing" } } as const;
    const told = { ...web, jobs: { before: { ...before, spec: { ...before.spec, context } } } };
    expect(refusal(() => checkStack({ ...spec, services: { web: told } }))).toContain("INS1046 - services.web.jobs.before");
  });

  it("refuses another service that waits for a job", () => {
    const text = `${file("{before: migrate}")}  worker: {image: w, depends_on: [migrate]}\n`;
    expect(refusal(() => load(text))).toContain("INS1046");
  });

  it("is no part of an instance: a change replaces nothing, and secrets in it are not shown", () => {
    const [a, b] = ["one", "two"].map(
      (word) => load(file("{before: migrate}", `, environment: {TOKEN: ${word}, X: ${word}}`)).spec.services["web"],
    );
    const changes = diffSpecs(a ?? null, b ?? null);
    expect(changes.map(({ path, after, replaces }) => [path, after, replaces])).toEqual([
      ["jobs.before.environment.TOKEN", "(hidden)", false],
      ["jobs.before.environment.X", "two", false],
    ]);
  });
});
