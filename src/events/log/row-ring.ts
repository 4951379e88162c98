const FIRST_CAPACITY = 1024;

/** Values of consecutive rows: set at the end, deleted at the beginning. */
export class RowRing<T> {
  private slots: (T | undefined)[] = Array.from({ length: FIRST_CAPACITY });
  private first = 0;
  private end = 0;

  /** The value of a row; `undefined` before the first one that is held. */
  get(row: number): T | undefined {
    return row < this.first ? undefined : this.slots[row % this.slots.length];
  }

  /** @param row the one after the last one; any row when none is held */
  push(row: number, value: T): void {
    if (this.first === this.end) this.first = row;
    else if (row - this.first === this.slots.length) this.grow();
    this.slots[row % this.slots.length] = value;
    this.end = row + 1;
  }

  /** Deletes the first value. */
  shift(): T | undefined {
    if (this.first === this.end) return undefined;
    const slot = this.first % this.slots.length;
    const value = this.slots[slot];
    this.slots[slot] = undefined;
    this.first += 1;
    return value;
  }

  private grow(): void {
    const { slots } = this;
    this.slots = Array.from({ length: 2 * slots.length });
    for (let row = this.first; row < this.end; row += 1) {
      this.slots[row % this.slots.length] = slots[row % slots.length];
    }
  }
}
