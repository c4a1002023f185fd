import { describe, expect, it } from "vitest";
import { type ContextFacts, inWords, type Peer, renderContext } from "../../src/plan/context.ts";

const peer = (slot: number): Peer => ({ name: `shop-web-r1-${slot}-a1`, address: `10.0.0.${slot}`, port: 8080, slot, revision: 1 });
const facts = (peers: readonly Peer[]): ContextFacts => ({
  stack: "shop",
  service: "proxy",
  peers: { web: peers },
  ports: { web: { 8080: 20_001 } },
});
const render = (template: string, peers: readonly Peer[] = [peer(1), peer(2)]): string =>
  renderContext({ target: "/context", files: { it: template }, onChange: { kind: "nothing" } }, facts(peers)).it ?? "";

describe("a rendered context", () => {
  it.each([
    ["{{stack}}/{{service}}", "shop/proxy"],
    ["{{ stack }}", "shop"],
    ["{{count.web}} at {{ports.web.8080}}", "2 at 20001"],
    ["{{#peers.web}}{{address}}:{{port}} {{/peers.web}}", "10.0.0.1:8080 10.0.0.2:8080 "],
    ['[{{#peers.web}}"{{name}}"{{^last}},{{/last}}{{/peers.web}}]', '["shop-web-r1-1-a1","shop-web-r1-2-a1"]'],
    ["{{#peers.web}}{{#first}}first {{/first}}{{index}}/{{slot}}/{{revision}} {{/peers.web}}", "first 0/1/1 1/2/1 "],
    ["{{^peers.web}}nobody{{/peers.web}}{{! a remark }}.", "."],
    [
      "upstream {\n  {{#peers.web}}\n  server {{address}};\n  {{/peers.web}}\n}\n",
      "upstream {\n  server 10.0.0.1;\n  server 10.0.0.2;\n}\n",
    ],
    ["a { b } {c}", "a { b } {c}"],
    ["{{#peers.web}}{{^first}}, {{/first}}{{slot}}{{/peers.web}}", "1, 2"],
    ["{{#peers.web}}{{slot}}:{{#peers.web}}{{slot}}{{^last}}+{{/last}}{{/peers.web}} {{/peers.web}}", "1:1+2 2:1+2 "],
  ])("%s", (template, text) => expect(render(template)).toBe(text));

  it("without peers says so where it is asked to", () => {
    expect(render("{{#peers.web}}x{{/peers.web}}{{^peers.web}}nobody{{/peers.web}}", [])).toBe("nobody");
  });

  it.each([
    ["peers", "{{#peers.db}}x{{/peers.db}}{{^peers.db}}nobody{{/peers.db}} of {{count.db}}", "nobody of 0"],
    ["ports", "[{{ports.db.5432}}{{ports.web.1}}]", "[]"],
    [
      "a place in a list",
      "[{{index}}{{name}}{{port}}{{#first}}x{{/first}}{{#last}}x{{/last}}]{{^first}}.{{/first}}{{^last}}.{{/last}}",
      "[]..",
    ],
    ["a name", "[{{other}}]", "[]"],
  ])("says nothing of %s that the facts do not have", (_, template, text) => expect(render(template)).toBe(text));

  it("takes nothing of a value for a template", () => {
    expect(render("{{#peers.web}}{{name}}{{/peers.web}}", [{ ...peer(1), name: "{{stack}}" }])).toBe("{{stack}}");
  });
});

it("what a context was rendered from is told by name", () => {
  expect(inWords({ ...facts([]), peers: { web: [peer(1), peer(2)], db: [] } })).toBe(
    "web is shop-web-r1-1-a1, shop-web-r1-2-a1; db is nobody",
  );
  expect(inWords({ ...facts([]), peers: {} })).toMatch(/templates/);
});
