import { describe, expect, it } from "vitest";
import { instanceHash } from "../../src/spec/identity.ts";
import type { ServiceSpec } from "../../src/spec/types.ts";
import { service } from "./reading.ts";

const web = (own: string, more = ""): ServiceSpec => service(`${more}\nx-instar: { ${own} }`);
const IMAGE = { reference: "a/b", digests: ["sha256:1"], runnable: "a/b", shown: "sha256:1" };
const hash = (of: ServiceSpec): string => instanceHash(of, IMAGE, {}, {}, 1);

describe("x-instar.immutable and scratch", () => {
  it("what says nothing, or the default, has neither key and the hash of before", () => {
    const plain = web("");
    expect("immutable" in plain).toBe(false);
    expect("scratch" in plain).toBe(false);
    expect(hash(web("immutable: detect"))).toBe(hash(plain));
    expect(hash(web("immutable: off"))).toBe(hash(plain));
    expect(hash(web("scratch: [/work]"))).toBe(hash(plain));
  });

  it("enforce is a read-only root, scratch in memory and no new privileges, and another instance", () => {
    const strict = web("immutable: enforce, scratch: [/tmp/, /run, /tmp]");
    expect(strict).toMatchObject({ immutable: "enforce", scratch: ["/run", "/tmp"], readOnly: true });
    expect(strict.tmpfs).toEqual(["/run", "/tmp"].map((target) => ({ target, sizeBytes: null, mode: null })));
    expect(strict.container).toEqual({ securityOptions: ["no-new-privileges"] });
    expect(hash(strict)).not.toBe(hash(web("scratch: [/tmp, /run]")));
  });

  it("what is mounted already stays what it is, and a security option is not given twice", () => {
    const strict = web(
      "immutable: enforce, scratch: [/tmp, /data]",
      'tmpfs: ["/tmp:size=1m"]\nvolumes: ["/data"]\nsecurity_opt: ["no-new-privileges:true"]',
    );
    expect(strict.tmpfs).toEqual([{ target: "/tmp", sizeBytes: 1048576, mode: null }]);
    expect(strict.container?.securityOptions).toEqual(["no-new-privileges=true"]);
  });

  it.each([
    ["immutable: maybe", "INS1004"],
    ["scratch: [tmp]", "INS1004"],
    ["scratch: [/]", "INS1004"],
  ])("%s is refused", (own, code) => expect(() => web(own)).toThrowError(expect.objectContaining({ code })));

  it("enforce and new privileges exclude each other", () =>
    expect(() => web("immutable: enforce", 'security_opt: ["no-new-privileges:false"]')).toThrowError(/exclude each other/));
});
