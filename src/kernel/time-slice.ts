/** Lets long work pause, so that the event loop serves others in between. */
export class TimeSlice {
  private until: number;

  /** @param ms how long the work may go on without a pause */
  constructor(private readonly ms = 4) {
    this.until = performance.now() + ms;
  }

  /** Pauses for one turn of the event loop when the time is used up. */
  async next(): Promise<void> {
    if (performance.now() < this.until) return;
    await new Promise(setImmediate);
    this.until = performance.now() + this.ms;
  }
}
