import { afterEach, beforeEach, expect, it } from "vitest";
import { House, WEB } from "./house.ts";
import { leads } from "./tables.ts";

let house: House;
beforeEach(async () => {
  house = await House.build();
});
afterEach(async () => house.wipe());

it.each(["api", "zoo"])("who publishes the port for domains has what no domain claims, beside a domain of %s", async (name) => {
  const domain = { ports: [], expose: [8080], domainPort: 8080, domains: [{ host: "shop.example", path: null }] };
  await house.upToTheEnd({ web: { ports: WEB.ports.map((port) => ({ ...port, published: 80 })) }, [name]: domain });
  const table = house.router.control.table();
  expect(leads(table)).toEqual({ 80: ["shop-web-r1-1-a1:8080", "shop-web-r1-2-a1:8080"] });
  expect(table.domains).toMatchObject([{ host: "shop.example", backend: `be:shop:${name}:8080` }]);
});
