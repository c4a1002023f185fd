import { describe, expect, it } from "vitest";
import { suggest, suggestionText } from "../../src/plan/suggest.ts";

const added = (...paths: string[]) => suggest(paths.map((path) => ({ path, kind: "A" as const })));

describe("where an application writes", () => {
  it.each([
    ["/tmp/a/b", "/tmp"],
    ["/tmp", "/tmp"],
    ["/run/app/1.data", "/run/app"],
    ["/run/a", "/run"],
    ["/run", "/run"],
    ["/var/lock/a", "/var/lock"],
    ["/var/lock", "/var/lock"],
    ["/var/run/app/state", "/var/run/app"],
    ["/var/log/app/today", "/var/log/app"],
    ["/var/lib/php/sessions/1/2", "/var/lib/php"],
    ["/var/lib/nginx", "/var/lib/nginx"],
    ["/root/.npm/_logs/1", "/root/.npm"],
    ["/root/.config", "/root/.config"],
    ["/home/node/.npm/_data/1", "/home/node/.npm"],
    ["/home/node/.local", "/home/node/.local"],
    ["/srv/app/cache", "/srv/app/cache"],
    ["/srv/app/session/1", "/srv/app/session"],
    ["/srv/app/log/today/1", "/srv/app/log"],
    ["/srv/app/pid/1", "/srv/app/pid"],
    ["/srv/app/Temp/1", "/srv/app/Temp"],
    // Everybody's folder is shared at its own place only.
    ["/srv/var/cache/a/1", "/srv/var/cache"],
    ["/runner/tmp/a/1", "/runner/tmp"],
    ["/var/runner/tmp/a/1", "/var/runner/tmp"],
    ["/srv/app/it.SOCK", "/srv/app"],
  ])("%s is lost with the instance, in %s", (path, folder) => expect(added(path)).toEqual({ scratch: [folder], volumes: [], image: [] }));

  it.each([
    ["/runner/data/1", "/runner/data"],
    ["/tmpfiles/data/1", "/tmpfiles/data"],
    ["/srv/run/a", "/srv/run"],
    ["/srv/var/lock/a", "/srv/var/lock"],
    ["/var/locked/a", "/var/locked"],
    ["/srv/var/lib/nginx/a", "/srv/var/lib/nginx"],
    ["/var/lib/phpmyadmin/a", "/var/lib/phpmyadmin"],
    ["/srv/root/.npm/a", "/srv/root/.npm"],
    ["/root/.configured/a", "/root/.configured"],
    ["/srv/home/node/.npm/a", "/srv/home/node/.npm"],
    ["/home/node/.localized/a", "/home/node/.localized"],
    ["/srv/app/templates/a", "/srv/app/templates"],
    ["/srv/app/data/a.log.1", "/srv/app/data"],
    ["/srv/usr/a", "/srv/usr"],
    ["/library/a", "/library"],
    ["/opt/node/data/a", "/opt/node/data"],
    ["/state.db", "/state.db"],
  ])("%s looks like something to keep, in %s", (path, folder) =>
    expect(added(path)).toEqual({ scratch: [], volumes: [folder], image: [] }),
  );

  it.each(["/usr/bin/node", "/lib64/x", "/opt/node/bin/node", "/opt/node/bin"])("%s is part of the image", (path) =>
    expect(added(path)).toEqual({ scratch: [], volumes: [], image: [path] }),
  );

  it("a folder of the image's root in which something was made that is gone again is the image's business", () =>
    expect(suggest([{ path: "/data", kind: "C" }]).image).toEqual(["/data"]));

  it.each(["A", "C"] as const)("what passes beside something to keep makes its folder nothing to lose (%s)", (kind) => {
    const database = [
      { path: "/var/lib/mysql/mysql.sock", kind: "A" as const },
      { path: "/var/lib/mysql/shop/ibdata1", kind },
    ];
    const { scratch, volumes } = suggest(database);
    expect(scratch).toEqual([]);
    expect(volumes).toEqual(expect.arrayContaining([expect.stringContaining("/var/lib/mysql")]));
    expect(added("/data/db.lock", "/data/1")).toEqual({ scratch: [], volumes: ["/data"], image: [] });
    expect(added("/data/db.lock", "/data/db.pid")).toEqual({ scratch: ["/data"], volumes: [], image: [] });
    expect(added("/data/db.lock", "/srv/other/1")).toEqual({ scratch: ["/data"], volumes: ["/srv/other"], image: [] });
  });

  it.each([
    ["/usr/src/app/Gemfile.lock", "C"],
    ["/srv/shop/yarn.lock", "D"],
  ] as const)("%s of the image, changed or gone (%s), makes no folder scratch", (path, kind) => {
    expect(suggest([{ path, kind }])).toEqual({ scratch: [], volumes: [], image: [path] });
  });

  it("what passes in a folder that the image has hides nothing of it", () => {
    const changes = [
      { path: "/srv/shop", kind: "C" as const },
      { path: "/srv/shop/shop.pid", kind: "A" as const },
    ];
    expect(suggest(changes)).toEqual({ scratch: [], volumes: [], image: ["/srv/shop/shop.pid"] });
    const elsewhere = { path: "/srv/other", kind: "C" as const };
    expect(suggest([{ path: "/srv/shop", kind: "A" as const }, elsewhere, ...changes.slice(1)]).scratch).toEqual(["/srv/shop"]);
    expect(added("/app/app.pid").scratch).toEqual([]);
  });

  it("no folder is to be lost and to be kept", () => {
    const { scratch, volumes } = added("/srv/app/app.pid", "/srv/app/1", "/srv/other/1");
    expect(volumes.filter((path) => scratch.includes(path))).toEqual([]);
    expect(volumes).toContain("/srv/other");
  });

  it("folders are told in the order of their names, whatever was written first", () => {
    expect(added("/tmp/1", "/run/1", "/srv/b/1", "/srv/a/1", "/usr/b", "/usr/a")).toEqual({
      scratch: ["/run", "/tmp"],
      volumes: ["/srv/a", "/srv/b"],
      image: ["/usr/a", "/usr/b"],
    });
  });
});

it.each<[string, readonly string[], readonly string[]]>([
  ["are counted on while they are taken", ["/srv/é", "/srv/ü", "/srv/ö"], ["web-srv", "web-srv-2", "web-srv-3"]],
  ["leave another path its own", ["/srv/é", "/srv/ü", "/srv-2"], ["web-srv", "web-srv-3", "web-srv-2"]],
])("names of volumes that could be no other %s", (_, volumes, names) => {
  const lines = suggestionText("web", { scratch: [], volumes, image: [] });
  expect(lines.slice(lines.indexOf("volumes:") + 1)).toEqual(names.map((name) => `  ${name}: {}`));
});
