import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { until } from "../api/http.ts";
import { type Running, running, TOKEN } from "../api/running.ts";
import { stackSpec } from "../api/stand-in.ts";
import { upRequest } from "../conformance/up-request.ts";
import { launch } from "./browser.ts";
import { ADD_INLINE_SCRIPT, CELL_COLOURS, POOR_CONTRAST } from "./in-page.ts";

let browser: Browser;
let r: Running;
let page: Page;
let complaints: string[];
beforeAll(async () => {
  browser = await launch();
});
afterAll(() => browser.close());
beforeEach(async () => {
  r = await running();
  const spec = stackSpec({ web: { replicas: 3, image: "web:1" } });
  await r.control.up(upRequest(spec));
  await until(async () => expect((await r.control.deployment("D1")).outcome).toBe("succeeded"));
  page = await (await browser.newContext()).newPage();
  complaints = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
});
afterEach(async () => {
  await page.context().close();
  await r.stop();
  expect(complaints).toEqual([]);
});

async function logIn(): Promise<void> {
  await page.goto(r.url);
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("button", { name: "Redeploy" }).waitFor();
}

const cells = () => page.locator("[data-service='shop/web'] .cell").allInnerTexts();
const flat = async () => (await cells()).map((text) => text.replace(/\s+/g, " "));
const image = () => page.getByLabel("Image of shop/web");

test("the page is behind the token; a wrong one shows the form again; logging out closes it", async () => {
  await page.goto(r.url);
  expect(new URL(page.url()).pathname).toBe("/login");
  await page.getByLabel("Token").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await expect.poll(() => page.getByRole("alert").textContent()).toContain("the token is wrong");
  expect(complaints.splice(0)).toEqual([expect.stringContaining("401")]);
  await logIn();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Token").waitFor();
  await page.goto(r.url);
  expect(new URL(page.url()).pathname).toBe("/login");
});

test("instances are cells with their revision, live through a redeploy to another tag", async () => {
  await logIn();
  await expect.poll(flat).toEqual(["r1 serving slot 1", "r1 serving slot 2", "r1 serving slot 3"]);
  await image().fill("web:2-slow");
  await page.getByRole("button", { name: "Redeploy" }).click();
  await expect.poll(flat).toEqual(["r1 serving slot 1", "r2 starting slot 1", "r1 serving slot 2", "r1 serving slot 3"]);
  await expect.poll(() => page.locator(".progress").textContent()).toContain("D2 r1 → r2 running");
  const [old, fresh] = await page.evaluate<string[]>(CELL_COLOURS);
  expect(old).toMatch(/^(rgb|color|oklab)/);
  expect(old).not.toBe(fresh);
  r.control.release();
  await expect.poll(flat).toContain("r2 starting slot 2");
  r.control.release();
  await expect.poll(flat).toContain("r2 starting slot 3");
  r.control.release();
  await expect.poll(flat).toEqual(["r2 serving slot 1", "r2 serving slot 2", "r2 serving slot 3"]);
  await expect.poll(() => page.locator(".progress").textContent()).toContain("succeeded");
  expect(r.control.asked.map((asked) => [asked.call, asked.who])).toEqual([
    ["up", "test"],
    ["deploy", "page"],
  ]);
});

test("an unchanged tag is Tutum's button: it redeploys", async () => {
  await logIn();
  await page.getByRole("button", { name: "Redeploy" }).click();
  await expect.poll(async () => (await r.control.history({ stack: "shop", service: "web" })).deployments[0]?.cause.kind).toBe("redeploy");
  await expect.poll(flat).toContain("r2 serving slot 3");
});

test("a bad version shows why, with its last lines, as text", async () => {
  await logIn();
  await image().fill("web:bad");
  await page.getByRole("button", { name: "Redeploy" }).click();
  await expect.poll(() => page.locator(".progress").textContent()).toMatch(/rolled back: shop-web-r2-1-a2 ended with exit code 3/);
  expect(await page.locator(".evidence").textContent()).toContain("cannot open /data");
  await image().fill("not an image");
  await page.getByRole("button", { name: "Redeploy" }).click();
  await expect.poll(() => page.locator(".refusal").textContent()).toContain("INS2001");
  expect(complaints.splice(0)).toEqual([expect.stringContaining("400")]);
});

test("history offers a rollback to each earlier revision", async () => {
  await r.control.deploy({ stack: "shop", service: "web" }, "web:2", "x");
  await logIn();
  await page.getByText("History").click();
  await expect.poll(() => page.getByRole("table", { name: "Revisions" }).locator("tbody tr").count()).toBe(2);
  await page.getByRole("button", { name: "Roll shop/web back to revision 1" }).click();
  await expect.poll(() => page.locator(".pinned").isVisible()).toBe(true);
  await expect
    .poll(() => page.getByRole("table", { name: "Deployments" }).locator("tbody tr").first().textContent())
    .toContain("rollback by page");
});

test("what someone types survives the events of others", async () => {
  await logIn();
  await image().fill("web:mine");
  await r.control.scale({ stack: "shop", service: "web" }, 4, "x");
  await expect.poll(flat).toHaveLength(4);
  expect(await image().inputValue()).toBe("web:mine");
});

test("markup in what the daemon says stays text, and the policy forbids what is inline", async () => {
  const spec = stackSpec({ web: { image: "web:1", domains: [{ host: "<img src=x onerror=alert(1)>", path: null }] } }, "odd");
  await r.control.up(upRequest(spec));
  await page.goto(r.url);
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("<img src=x").waitFor();
  expect(await page.locator("img").count()).toBe(0);
  expect(await page.evaluate(ADD_INLINE_SCRIPT)).toBe(false);
  expect(complaints.splice(0).join()).toContain("Content Security Policy");
});

test.each(["light", "dark"] as const)("it is readable in %s: text against its ground is 4.5 to 1 or better", async (colorScheme) => {
  await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
  await logIn();
  await page.getByText("History").click();
  await page.getByRole("table", { name: "Revisions" }).waitFor();
  expect(await page.evaluate(POOR_CONTRAST)).toEqual([]);
});
