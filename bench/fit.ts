/** How fast something grows with size: the exponent of the power law through the points (least squares over the logarithms). 1 is linear. */
export function exponentOf(points: readonly { readonly size: number; readonly value: number }[]): number {
  const logs = points
    .filter(({ size, value }) => size > 0 && value > 0)
    .map(({ size, value }) => [Math.log(size), Math.log(value)] as const);
  const mean = (of: (one: readonly [number, number]) => number): number => logs.reduce((sum, one) => sum + of(one), 0) / logs.length;
  const [x, y] = [mean(([a]) => a), mean(([, b]) => b)];
  const square = logs.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
  return logs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) / square;
}
