import { createServer } from "node:net";

/** The machine has no such address, no such family, or one that says too little (a link-local one without its interface). */
const MISSING: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "EAFNOSUPPORT", "EINVAL"]);

/**
 * Of these IP addresses, those that nothing can listen on here now. Tried, not looked up: every 127.x.y.z can be had though no interface
 * lists it, and so can an address that is to come where `ip_nonlocal_bind` is set; one that is only just being set up cannot.
 */
export async function missingAddresses(addresses: Iterable<string>): Promise<ReadonlySet<string>> {
  const tried = await Promise.all([...new Set(addresses)].map(async (address) => ((await isMissing(address)) ? [address] : [])));
  return new Set(tried.flat());
}

const isMissing = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once("error", ({ code }: NodeJS.ErrnoException) => resolve(MISSING.has(code ?? "")));
    server.listen({ host: address, port: 0 }, () => server.close(() => resolve(false)));
  });
