/** Sums over the rounds of a scenario. */

/** The middle value; between the two middle ones of an even number. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median of those that are there; undefined where none is. */
export function medianOf<T>(
  items: readonly T[],
  figure: (item: T) => number | undefined,
): number | undefined {
  const values = items.map(figure).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : median(values);
}

/** The slope of the straight line that fits the points best (least squares). NaN of fewer than two places. */
export function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
