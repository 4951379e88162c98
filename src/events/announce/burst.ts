/** Milliseconds whose items are emitted as one sum. */
export const BURST_MS = 1_000;

/**
 * Emits the first item at once, and the items of the following second as one sum. So a
 * burst of streams does not cause a burst of events.
 */
export class Burst<Item> {
  private readonly gathered: Item[] = [];
  private count = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly emit: (items: readonly Item[], count: number) => void,
    /** Most items of a sum that are kept as examples; all are counted. */
    private readonly examples = 100,
  ) {}

  add(item: Item): void {
    if (!this.timer) {
      this.wait();
      this.emit([item], 1);
      return;
    }
    this.count += 1;
    if (this.gathered.length < this.examples) this.gathered.push(item);
  }

  /** Emits the items so far without waiting for the end of the second. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.count === 0) return;
    const count = this.count;
    this.count = 0;
    this.wait();
    this.emit(this.gathered.splice(0), count);
  }

  private wait(): void {
    this.timer = setTimeout(() => this.flush(), BURST_MS);
    this.timer.unref();
  }
}
