/** Middle value; the mean of the two middle ones for an even count. NaN for none. */
export function median(values) {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Nearest-rank percentile of an ascending array; `q` from 0 to 1. NaN for none. */
export function percentile(sorted, q) {
  return sorted.length ? sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] : NaN;
}

/** One row from several rounds: the median of every numeric field, the first value of all others. */
export function medianRow(rows) {
  return Object.fromEntries(
    Object.entries(rows[0]).map(([key, value]) => [
      key,
      typeof value === 'number' ? median(rows.map((row) => row[key])) : value,
    ]),
  );
}
