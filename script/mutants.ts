import ts from "typescript";

/** One small change of a file. */
export interface Mutant {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** `>=` → `>` */
  readonly words: string;
}

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  "===": ["!=="],
  "!==": ["==="],
  "<": ["<=", ">="],
  "<=": ["<", ">"],
  ">": [">=", "<="],
  ">=": [">", "<"],
  "&&": ["||"],
  "||": ["&&"],
  "+": ["-"],
  "-": ["+"],
  "*": ["/"],
};

const LOOPS: ReadonlySet<ts.SyntaxKind> = new Set([ts.SyntaxKind.ForStatement, ts.SyntaxKind.WhileStatement]);

/** Operators turned, conditions always and never true, numbers one more, booleans and negations turned. Loops' heads are let be. */
export function mutantsOf(source: string): Mutant[] {
  const file = ts.createSourceFile("file.ts", source, ts.ScriptTarget.Latest, true);
  const found: Mutant[] = [];
  const add = (node: ts.Node, text: string): void => {
    const start = node.getStart(file);
    const was = source.slice(start, node.end);
    if (was === text) return;
    found.push({
      start,
      end: node.end,
      text,
      line: file.getLineAndCharacterOfPosition(start).line + 1,
      words: `\`${brief(was)}\` → \`${brief(text)}\``,
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isImportDeclaration(node)) return;
    if (LOOPS.has(node.kind)) return ts.forEachChild(node, (child) => (ts.isBlock(child) ? visit(child) : undefined));
    if (ts.isBinaryExpression(node)) for (const other of OPERATORS[node.operatorToken.getText(file)] ?? []) add(node.operatorToken, other);
    if (ts.isIfStatement(node)) for (const always of ["true", "false"]) add(node.expression, always);
    if (ts.isConditionalExpression(node)) for (const always of ["true", "false"]) add(node.condition, always);
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken) add(node, node.operand.getText(file));
    if (ts.isNumericLiteral(node)) add(node, String(Number(node.text) + 1));
    if (node.kind === ts.SyntaxKind.TrueKeyword) add(node, "false");
    if (node.kind === ts.SyntaxKind.FalseKeyword) add(node, "true");
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const brief = (text: string): string => {
  const line = text.replace(/\s+/g, " ");
  return line.length > 60 ? `${line.slice(0, 57)}…` : line;
};
