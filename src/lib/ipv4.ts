/** IPv4 addresses and CIDR blocks as integers. */
export interface Block {
  readonly base: number;
  readonly prefix: number;
}

export const parseAddress = (text: string): number => text.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

export const formatAddress = (address: number): string => [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");

/** `10.209.0.0/16`; an address without a prefix is a /32. */
export function parseBlock(text: string): Block {
  const [address = "", prefix = "32"] = text.split("/");
  const size = 2 ** (32 - Number(prefix));
  return { base: Math.floor(parseAddress(address) / size) * size, prefix: Number(prefix) };
}

export const formatBlock = (block: Block): string => `${formatAddress(block.base)}/${block.prefix}`;

export const size = (block: Block): number => 2 ** (32 - block.prefix);

export const overlaps = (a: Block, b: Block): boolean => a.base < b.base + size(b) && b.base < a.base + size(a);
