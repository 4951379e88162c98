const FIRST_CAPACITY = 8;

/**
 * Row numbers in growing order: added at the end, removed from the front. A
 * number is an index into the log from its beginning and never changes.
 */
export class Postings {
  private rows = new Float64Array(FIRST_CAPACITY);
  private start = 0;
  private end = 0;

  get length(): number {
    return this.end - this.start;
  }

  /** The row at an index from 0 on. */
  at(index: number): number {
    return this.rows[this.start + index] as number;
  }

  /** @param row greater than every row before it */
  push(row: number): void {
    if (this.end === this.rows.length) this.makeRoom();
    this.rows[this.end] = row;
    this.end += 1;
  }

  shift(): void {
    this.start += 1;
  }

  /** Index of the first row that is `row` or greater. */
  indexOf(row: number): number {
    let low = this.start;
    let high = this.end;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.rows[middle] as number) >= row) high = middle;
      else low = middle + 1;
    }
    return low - this.start;
  }

  /** Moves the rows to the front; into a larger array when more than half of it is in use. */
  private makeRoom(): void {
    const used = this.rows.subarray(this.start, this.end);
    const grows = 2 * used.length > this.rows.length;
    const rows = grows ? new Float64Array(2 * this.rows.length) : this.rows;
    rows.set(used);
    this.rows = rows;
    this.end -= this.start;
    this.start = 0;
  }
}

/**
 * Up to `limit` rows of several lists in one order, from `from` on and before `to`.
 * @param descending from the greatest row down
 */
export function mergeRows(
  lists: readonly Postings[],
  range: { readonly from: number; readonly to: number },
  limit: number,
  descending: boolean,
): number[] {
  const sign = descending ? -1 : 1;
  const heap: Cursor[] = [];
  for (const list of lists) {
    const first = list.indexOf(range.from);
    const last = list.indexOf(range.to) - 1;
    if (first > last) continue;
    const index = descending ? last : first;
    heap.push({ list, index, left: last - first, row: list.at(index) });
  }
  for (let at = (heap.length >> 1) - 1; at >= 0; at -= 1) sink(heap, at, sign);
  const rows: number[] = [];
  while (rows.length < limit) {
    const top = heap[0];
    if (!top) break;
    rows.push(top.row);
    if (top.left > 0) {
      top.left -= 1;
      top.index += sign;
      top.row = top.list.at(top.index);
    } else {
      const last = heap.pop() as Cursor;
      if (last === top) break;
      heap[0] = last;
    }
    sink(heap, 0, sign);
  }
  return rows;
}

interface Cursor {
  readonly list: Postings;
  index: number;
  /** Rows of the range that follow. */
  left: number;
  row: number;
}

/** Restores the order of a binary heap below `at`. */
function sink(heap: Cursor[], at: number, sign: 1 | -1): void {
  const moved = heap[at] as Cursor;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && precedes(heap, child + 1, child, sign)) child += 1;
    const smallest = heap[child] as Cursor;
    if (sign * (smallest.row - moved.row) >= 0) break;
    heap[at] = smallest;
    at = child;
  }
  heap[at] = moved;
}

function precedes(heap: readonly Cursor[], a: number, b: number, sign: 1 | -1): boolean {
  return sign * ((heap[a] as Cursor).row - (heap[b] as Cursor).row) < 0;
}
