/** Milliseconds in which further events of one kind are summed up. */
export const BURST_MS = 1_000;

/**
 * Lets the first item of a kind through at once and sums up what follows within
 * a second, so that a storm of streams does not become a storm of events.
 */
export class Burst<Item> {
  private readonly gathered: Item[] = [];
  private count = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly emit: (items: readonly Item[], count: number) => void,
    /** Items kept of a burst, as examples; all are counted. */
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

  /** Emits what has gathered, now. */
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
