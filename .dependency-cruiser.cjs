/**
 * The arrows: lib ← spec ← plan, route ← reconcile ← adapters ← main, cli. What an arrow does not allow, this refuses.
 * errors.ts is a leaf that everything may import; catalogue/ is its own.
 */
const adapters = ["engine", "haproxy", "registry", "snapshot", "store", "backup", "files", "api", "cli", "probe", "hooks"];

const mayImport = (folder, allowed) => ({
  name: `${folder}-imports`,
  comment: `src/${folder} may import ${allowed.length === 0 ? "nothing of ours" : allowed.join(", ")}`,
  severity: "error",
  from: { path: `^src/${folder}/` },
  to: { path: "^(src|test|bench|script)/", pathNot: [`^src/${folder}/`, ...allowed.map((name) => `^src/${name}`)] },
});

module.exports = {
  forbidden: [
    mayImport("lib", []),
    mayImport("catalogue", []),
    mayImport("spec", ["lib/", "errors.ts"]),
    mayImport("plan", ["lib/", "spec/", "errors.ts"]),
    mayImport("route", ["lib/", "spec/", "errors.ts"]),
    mayImport("reconcile", ["lib/", "spec/", "plan/", "route/", "errors.ts"]),
    ...adapters.map((adapter) => mayImport(adapter, ["lib/", "spec/", "plan/", "route/", "reconcile/", "errors.ts"])),
    {
      name: "pure",
      comment: "plan and route have no I/O: no node: module and no package in them",
      severity: "error",
      from: { path: "^src/(plan|route)/" },
      to: { dependencyTypes: ["core", "npm", "npm-dev", "npm-optional", "npm-peer"] },
    },
    {
      name: "shipped-packages",
      comment: "what is shipped imports no package of the development; types are gone when it runs",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["type-only"], pathNot: "node_modules/@types/" },
    },
    { name: "no-test-imports", severity: "error", from: { path: "^src/" }, to: { path: "^(test|bench|script)/" } },
    {
      name: "no-cycles",
      comment: "nothing imports itself in a circle; types may, they are gone when it runs",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
    },
    {
      name: "resolvable",
      comment: "an import that leads nowhere",
      severity: "error",
      from: { pathNot: "^src/.*/generated/" },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|\\.tools)/" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default", "types"] },
  },
};
