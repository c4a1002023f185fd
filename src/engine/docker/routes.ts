const UP = 0x1;

/** `0001D30A` is 10.211.1.0: the kernel prints addresses as little-endian words. */
const octetsOf = (word: string): number[] => [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16));

const prefixOf = (mask: readonly number[]): number => mask.reduce((bits, octet) => bits + octet.toString(2).replaceAll("0", "").length, 0);

/** The subnets the host has routes to, from the text of /proc/net/route (proc_net(5)); the default route is none. */
export const routedSubnets = (table: string): readonly string[] =>
  table
    .trim()
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const fields = line.trim().split(/\s+/);
      const [destination, flags, mask] = [fields[1], fields[3], fields[7]];
      if (destination === undefined || flags === undefined || mask === undefined) return [];
      const prefix = prefixOf(octetsOf(mask));
      if (prefix === 0 || (Number.parseInt(flags, 16) & UP) === 0) return [];
      return [`${octetsOf(destination).join(".")}/${prefix}`];
    });
