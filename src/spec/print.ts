import { Document, visit } from "yaml";

/**
 * A document as YAML text. What some reader takes for something else than a text (`yes`, `1_000`, `12:30`, `0o17`) is quoted, for other
 * tools read it too.
 */
export function printYaml(value: unknown): string {
  const document = new Document(value, { version: "1.1", aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === "string" && NUMBERLIKE.test(node.value)) node.type = "QUOTE_DOUBLE";
    },
  });
  return document.toString({ lineWidth: 0, directives: false });
}

const NUMBERLIKE = /^[-+.]?\d[\w.+-]*$/;
