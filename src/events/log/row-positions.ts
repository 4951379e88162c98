import { parts, positionOf, type Position } from '../position.js';

const FIRST_CAPACITY = 1024;

/**
 * The positions of a log's events, by row. Rows are numbered from 0 in the order in which
 * they were added. The number of a row that was dropped is not used again. Takes 16 bytes
 * a row.
 */
export class RowPositions {
  /** Of each row, in the slot that is its number modulo the length. */
  private ms = new Float64Array(FIRST_CAPACITY);
  private seq = new Float64Array(FIRST_CAPACITY);
  /** The oldest row, and the one that will be added next. */
  first = 0;
  end = 0;

  get length(): number {
    return this.end - this.first;
  }

  /** Adds a row. Returns false, and adds nothing, when the position is not after the newest one. */
  add(position: Position): boolean {
    const [ms, seq] = parts(position);
    if (this.length > 0 && this.compare(this.end - 1, ms, seq) >= 0) return false;
    if (this.length === this.ms.length) this.grow();
    const slot = this.slot(this.end);
    this.ms[slot] = ms;
    this.seq[slot] = seq;
    this.end += 1;
    return true;
  }

  /** Drops the oldest row. */
  drop(): void {
    this.first += 1;
  }

  at(row: number): Position {
    const slot = this.slot(row);
    return positionOf(this.ms[slot] as number, this.seq[slot] as number);
  }

  /** Epoch milliseconds of a row's position. */
  timeOf(row: number): number {
    return this.ms[this.slot(row)] as number;
  }

  /** The first row at the position or after it. */
  rowFrom(position: Position): number {
    const [ms, seq] = parts(position);
    return this.firstRow((row) => this.compare(row, ms, seq) >= 0);
  }

  /** The first row after the position. */
  rowAfter(position: Position): number {
    const [ms, seq] = parts(position);
    return this.firstRow((row) => this.compare(row, ms, seq) > 0);
  }

  private grow(): void {
    const { ms, seq } = this;
    this.ms = new Float64Array(2 * ms.length);
    this.seq = new Float64Array(2 * ms.length);
    for (let row = this.first; row < this.end; row += 1) {
      const from = row % ms.length;
      this.ms[this.slot(row)] = ms[from] as number;
      this.seq[this.slot(row)] = seq[from] as number;
    }
  }

  private slot(row: number): number {
    return row % this.ms.length;
  }

  /** Negative, zero or positive as the row stands before, at or after the position. */
  private compare(row: number, ms: number, seq: number): number {
    const slot = this.slot(row);
    return (this.ms[slot] as number) - ms || (this.seq[slot] as number) - seq;
  }

  /** The first row that passes; they all pass from some row on. */
  private firstRow(passes: (row: number) => boolean): number {
    let low = this.first;
    let high = this.end;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (passes(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
