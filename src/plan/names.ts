/** `shop-web-r7-1-a1`: derived from intent, so that repeating a create after a crash finds its own earlier success. */
export const instanceName = (stack: string, service: string, revision: number, slot: number, attempt: number): string =>
  `${stack}-${service}-r${revision}-${slot}-a${attempt}`;
