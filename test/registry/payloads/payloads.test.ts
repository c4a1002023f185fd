import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readDelivery } from "../../../src/registry/payloads/payloads.ts";
import * as distribution from "./samples/distribution.ts";
import * as hub from "./samples/docker-hub.ts";
import * as github from "./samples/github.ts";
import * as harbor from "./samples/harbor.ts";
import * as plain from "./samples/plain.ts";
import * as quay from "./samples/quay.ts";
import { DIGEST, type Sample } from "./samples/sample.ts";

const SAMPLES: Readonly<Record<string, Readonly<Record<string, Sample>>>> = { distribution, github, harbor, hub, plain, quay };
const bytes = (body: unknown): Uint8Array => Buffer.from(JSON.stringify(body));

describe.each(Object.entries(SAMPLES))("what %s sends", (_vendor, samples) => {
  it.each(Object.entries(samples))("%s", (_name, { headers, body, read }) => {
    expect(readDelivery(headers, bytes(body))).toMatchObject(read);
  });
});

describe("what is read differently", () => {
  it("GitHub's form with the JSON in a field", () => {
    const { headers, body, read } = github.registryPackage;
    const form = { ...headers, "content-type": "application/x-www-form-urlencoded" };
    expect(readDelivery(form, Buffer.from(new URLSearchParams({ payload: JSON.stringify(body) }).toString()))).toMatchObject(read);
  });

  it("a deleted package is no push", () => {
    const { headers, body } = github.githubPackage;
    expect(readDelivery(headers, bytes({ ...(body as object), action: "deleted" }))?.pushed).toEqual([]);
  });

  it("a layer under a tag's name is no manifest", () => {
    const target = { mediaType: "application/octet-stream", digest: DIGEST, repository: "a/b", tag: "1", url: "http://r.example/v2/a/b" };
    expect(readDelivery({}, bytes({ events: [{ action: "push", target }] }))?.pushed).toEqual([]);
  });

  it.each([
    ["no JSON", "tag=1.4"],
    ["a list", "[]"],
    ["a number", "4"],
    ["an alert", '{"alerts":[{"status":"firing"}]}'],
    ["nothing of its own", '{"__proto__":{"image":"shop/web"}}'],
  ])("%s is no delivery", (_name, text) => {
    expect(readDelivery({}, Buffer.from(text))).toBeNull();
  });
});

describe("whatever is sent", () => {
  const leaf = fc.oneof(fc.string(), fc.constantFrom(DIGEST, "1.4", "shop/web", "PUSH_ARTIFACT", "push", null, 7, true));
  const key = fc.constantFrom(
    ...["image", "tag", "digest", "events", "target", "action", "repository", "repo_name", "push_data", "docker_url", "updated_tags"],
    ...["registry_package", "package", "package_version", "container_metadata", "package_url", "type", "event_data", "resources", "url"],
  );
  const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small" },
      leaf,
      fc.array(tie("tree"), { maxLength: 3 }),
      fc.array(fc.tuple(key, tie("tree")), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
    ),
  }));

  it("never throws, and names only what can be a repository, a tag and a digest", () => {
    fc.assert(
      fc.property(tree, (body) => {
        for (const one of readDelivery({}, bytes(body))?.pushed ?? []) {
          expect(one.tag ?? one.digest).not.toBeNull();
          expect(one.repositories.every((name) => /^[a-z0-9][a-z0-9._:/[\]-]*$/i.test(name))).toBe(true);
          expect(one.tag ?? "x").toMatch(/^\w[\w.-]{0,127}$/);
          expect(one.digest ?? DIGEST).toMatch(/^sha256:[a-f0-9]{64}$/);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
