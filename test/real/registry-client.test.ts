import { openRegistries } from "../../src/registry/client.ts";
import { registryConformance } from "../conformance/registries.ts";
import { LOGIN, openRegistry } from "./registry.ts";

registryConformance("Debian's docker-registry, with a login", async () => {
  const registry = await openRegistry({ withLogin: true });
  const authorization = `Basic ${Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64")}`;
  const clients: { close(): void }[] = [];
  return {
    domain: registry.domain,
    target: { url: `http://${registry.domain}`, authorization },
    login: LOGIN,
    client: (login) => {
      const client = openRegistries({ login: async () => login, settings: async () => ({ mirrors: [], insecure: [] }), tagsPerPage: 20 });
      clients.push(client);
      return client;
    },
    close: async () => {
      for (const client of clients) client.close();
      await registry.close();
    },
  };
});
