/**
 * src/plan and src/route decide and do nothing else: no clock, no randomness, no async, no node: module, no globals that reach out.
 * Read from the syntax tree, so that a comment may name what the code may not. Exits 1 with one line per finding.
 */
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("..", import.meta.url));
const GLOBALS = new Set(["process", "performance", "console", "fetch", "crypto", "globalThis"]);
const TIMERS = new Set(["setTimeout", "setInterval", "setImmediate", "queueMicrotask"]);
const CALLS = new Set(["Date.now", "Math.random", "performance.now", "crypto.randomUUID"]);

/** What is impure about this node alone, or null. */
function impurity(node: ts.Node): string | null {
  if (ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AsyncKeyword) return "async";
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier) && node.moduleSpecifier.text.startsWith("node:"))
    return `imports ${node.moduleSpecifier.text}`;
  if (ts.isPropertyAccessExpression(node) && CALLS.has(node.getText())) return node.getText();
  if (ts.isNewExpression(node) && node.expression.getText() === "Date" && (node.arguments?.length ?? 0) === 0) return "new Date()";
  if (ts.isIdentifier(node) && (GLOBALS.has(node.text) || TIMERS.has(node.text)) && isFree(node)) return node.text;
  return null;
}

/** A use of the global itself: not a property, not a key, not a name that the file declares. */
function isFree(node: ts.Identifier): boolean {
  const parent = node.parent;
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node;
  if (ts.isCallExpression(parent)) return parent.expression === node && TIMERS.has(node.text);
  return false;
}

function findings(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(root + file, "utf8"), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const walk = (node: ts.Node): void => {
    const why = impurity(node);
    if (why !== null) found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${why}`);
    ts.forEachChild(node, walk);
  };
  walk(source);
  return found;
}

const files = globSync("src/{plan,route}/**/*.ts", { cwd: root });
const all = files.flatMap(findings);
for (const line of all) console.error(line);
if (files.length === 0) console.error("src/plan and src/route are empty: nothing was checked");
process.exitCode = all.length === 0 && files.length > 0 ? 0 : 1;
