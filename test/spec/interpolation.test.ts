import { expect, test } from "vitest";
import { parseDotenv } from "../../src/spec/dotenv.ts";
import { load, notices, refusal, service } from "./reading.ts";

const ENV = { SET: "x", EMPTY: "", A1_b: "y", NEST: "$SET" };

// Compared with `docker compose config` 2.26.
test.each([
  ["$SET", "x"],
  ["a${SET}b", "axb"],
  ["$SET-$A1_b.z", "x-y.z"],
  ["$$SET $$$$", "$SET $$"],
  ["$${SET}", "${SET}"],
  ["$GONE|", "|"],
  ["${GONE:-d}${GONE-d}", "dd"],
  ["${EMPTY:-d}${EMPTY-d}|", "d|"],
  ["${SET:-d}${SET-d}", "xx"],
  ["${SET:+y}${EMPTY:+y}${EMPTY+z}${GONE+y}", "yz"],
  ["${SET:?no}${EMPTY?no}", "x"],
  ["${GONE:-${EMPTY:-${SET}}}", "x"],
  ["${GONE-${V-${W-deep}}}", "deep"],
  ["${GONE:-a:-b}", "a:-b"],
  ["${GONE:-$$x}", "$x"],
  ["${GONE:-}}", "}"],
  ["${GONE:-a}b}", "ab}"],
  ["${GONE:-{x}}", "{x}"],
  ["$NEST", "$SET"],
  ["${constructor:-none}", "none"],
])("%s → %s", (text, value) => {
  expect(service(`environment: {V: '${text}'}`, { env: ENV }).environment).toEqual({ V: value });
});

test("keys are not interpolated, values everywhere are", () => {
  const { spec } = load('name: "${N}"\nservices: {web: {image: "a:${T}", labels: {$K: b}}}', { env: { N: "shop", T: "1.4", K: "no" } });
  expect([spec.name, spec.services["web"]?.image, spec.services["web"]?.labels]).toEqual(["shop", "a:1.4", { $K: "b" }]);
});

test("an unset variable is told once, where it stands first", () => {
  expect(notices('services:\n  web:\n    image: "a${X}"\n    user: "b${X}"\n    hostname: "${Y:-z}"')).toEqual([
    "unset-variable 3:12 the variable X is not set: it became a blank text",
  ]);
});

test(".env: the process's environment wins, even blank; an undefined entry does not", () => {
  const around = { files: { ".env": "A=file\nB=file\nC=file\n" }, env: { A: "process", B: "", C: undefined } };
  expect(service("environment: {V: '$A|$B|$C'}", around).environment).toEqual({ V: "process||file" });
});

test("--env-file takes the place of .env, and has to exist", () => {
  const files = { ".env": "A=1", "other.env": "A=2" };
  expect(service("environment: {V: $A}", { files, more: { envFiles: ["other.env"] } }).environment).toEqual({ V: "2" });
  expect(service("environment: {V: $A}", { files, more: { envFiles: ["/app/other.env"] } }).environment).toEqual({ V: "2" });
  expect(refusal(() => service("user: a", { more: { envFiles: ["none"] } }))).toContain("INS1011 - /app/none does not exist");
});

// Compared with `docker compose config` 2.26.
const DOTENV = `# comment
A=1
export B = two words  # c
C='$A lit'
D="x$A\\n\\ty"
E="multi
line"
F=$A-\${B}-\${Z:-zz}
G: yaml
H
OUT
I=a#b
J=a #b
K="q" # c
M=
N="a\\"b\\$c"
O='a\\nb'
P=  sp  \r
Q=#ff0000
R=#x # c
S=a	# b
T= # c
`;

test("the forms of a .env file", () => {
  expect(Object.fromEntries(parseDotenv("/e", DOTENV, { OUT: "side" }))).toEqual({
    A: "1",
    B: "two words",
    C: "$A lit",
    D: "x1\n\ty",
    E: "multi\nline",
    F: "1-two words-zz",
    G: "yaml",
    OUT: "side",
    I: "a#b",
    J: "a",
    K: "q",
    M: "",
    N: 'a"b$c',
    O: "a\\nb",
    P: "sp",
    Q: "#ff0000",
    R: "#x",
    S: "a\t# b",
    T: "# c",
  });
});

test.each([
  ["A=1\nno value here", "INS1002 2:1"],
  ["A=1\nB='open", "INS1002 2:3"],
  ['A="x" y', "INS1002 1:3"],
  ["A=1\n\nB=${A", "INS1013 3:3"],
  ["A=${B:?mine}", "INS1005 1:3 B is required: mine"],
  ["=x", "INS1002 1:1"],
])(".env %j is refused: %s", (text, part) => {
  expect(refusal(() => parseDotenv("/e", text, {}))).toContain(part);
});

test("env_file: in order, environment over them, raw as it stands, missing only where allowed", () => {
  const files = { "a.env": "A=1\nB=$A", "b.env": "B=2\nC=3", "r.env": "R='$A'\n# no\n" };
  const keys = "env_file: [a.env, {path: b.env}, {path: gone.env, required: false}, {path: r.env, format: raw}]\nenvironment: {C: 4}";
  expect(service(keys, { files }).environment).toEqual({ A: "1", B: "2", C: "4", R: "'$A'" });
  expect(
    notices("services: {web: {image: a, env_file: {path: x, required: false}}}".replace("{path", "[{path").replace("false}", "false}]")),
  ).toEqual(["missing-env-file 1:46 services.web.env_file[0].path: /app/x does not exist and is not required: it is left out"]);
});

test("a variable that doubles itself stays bounded", () => {
  const lines = ["A0=xxxxxxxxxx", ...Array.from({ length: 40 }, (_, i) => `A${i + 1}=$A${i}$A${i}`)];
  expect(refusal(() => parseDotenv("/e", lines.join("\n"), {}))).toContain("INS1012");
});
