import { describe, expect, it } from "vitest";
import { Packages, packageName, reading, tarballOf } from "./packages.ts";

describe("the client of a registry", () => {
  it("publishes a tenth, on new and kept connections alike, and reads only what was acknowledged", () => {
    const packages = new Packages();
    const first = packages.exchange(0);
    expect(first).toMatchObject({ method: "PUT", path: "/package-0" });
    expect(packages.exchange(1)).toMatchObject({ method: "GET", path: "/-/ping" });
    expect(first.judge("{}").error).toBeNull();
    const exchanges = Array.from({ length: 1000 }, (_, n) => packages.exchange(n + 10));
    const puts = exchanges.filter(({ method }) => method === "PUT");
    expect(puts).toHaveLength(100);
    expect(puts.filter(({ connection }) => connection === "new")).toHaveLength(50);
    expect(exchanges.filter(({ connection }) => connection === "new")).toHaveLength(500);
    expect(new Set(exchanges.filter(({ method }) => method === "GET").map(({ path }) => path))).toEqual(
      new Set(["/package-0", "/package-0/-/package-0-1.0.0.tgz"]),
    );
  });

  it("sees a package that came back changed, or without its version", () => {
    expect(reading(7, "tarball").judge(tarballOf(7).toString())).toEqual({ error: null });
    expect(reading(7, "tarball").judge(tarballOf(8).toString()).error).toContain(packageName(7));
    expect(reading(7, "document").judge('{"versions":{"1.0.0":{"name":"package-7"}}}')).toEqual({ error: null });
    expect(reading(7, "document").judge('{"versions":{}}').error).toContain(packageName(7));
  });
});
