import { comparePositions, type Position } from '../position.js';
import type { OperatorEvent } from '../types.js';

/** Events kept for tabs that join later. */
const LIMIT = 500;

/** The last events in order, and from where on they are complete. */
export class Recent {
  #events: OperatorEvent[] = [];

  /** @param floor every event after this position will be pushed */
  constructor(private floor?: Position) {}

  /** Repeated ones are left out. */
  push(event: OperatorEvent): void {
    const last = this.#events.at(-1);
    if (last && comparePositions(event.position, last.position) <= 0) return;
    this.floor ??= event.position;
    this.#events.push(event);
    // Cut seldom and much: a shift for each event would move all the others each time.
    if (this.#events.length < 2 * LIMIT) return;
    this.floor = this.#events[LIMIT - 1]?.position;
    this.#events = this.#events.slice(LIMIT);
  }

  /** Whether everything after this position is here. */
  covers(position: Position): boolean {
    return this.floor !== undefined && comparePositions(position, this.floor) >= 0;
  }

  after(position: Position | undefined): OperatorEvent[] {
    return position
      ? this.#events.filter((event) => comparePositions(event.position, position) > 0)
      : [...this.#events];
  }

  /** There is a gap behind the last one. */
  clear(): void {
    this.#events = [];
    this.floor = undefined;
  }
}
