/**
 * Where an event stands in the server's log: `<epoch ms>-<seq>`. Positions only
 * grow, over restarts and over all instances. They are the `id:` of the stream.
 */
export type Position = string;

export function isPosition(text: unknown): text is Position {
  return typeof text === 'string' && /^\d{1,15}-\d{1,15}$/.test(text);
}

/** Negative, zero or positive as `a` stands before, at or after `b`. NaN when one is no position. */
export function comparePositions(a: Position, b: Position): number {
  const [aMs, aSeq, bMs, bSeq] = `${a}-${b}`.split('-').map(Number) as [
    number,
    number,
    number,
    number,
  ];
  return aMs - bMs || aSeq - bSeq;
}

/**
 * How far this client has read. Drops what it has already seen, so that a
 * replay, a snapshot and a poll may overlap without an event arriving twice.
 */
export class Cursor {
  /** The position to resume after; `undefined` before anything was read. */
  resume: Position | undefined;
  #seen: Position | undefined;

  constructor(start?: Position) {
    this.resume = start;
    this.#seen = start;
  }

  /** True once for each event, in growing order; false for what was there before. */
  accept(position: Position): boolean {
    const isNew = isAfter(position, this.#seen);
    if (isNew) this.reached((this.#seen = position));
    return isNew;
  }

  /**
   * The server has covered everything up to here, matching the filter or not.
   * Moves only the place to resume from: an event is dropped for having been
   * seen, never for a promise about it.
   */
  reached(position: Position | null | undefined): void {
    if (position && isAfter(position, this.resume)) this.resume = position;
  }

  /**
   * The server no longer has all that was missed. When its oldest event is not
   * after ours, its log started over: keeping our position would drop every event
   * until the new log outgrows the old one.
   */
  lost(oldest: Position | null): void {
    if (!oldest || !isAfter(oldest, this.#seen)) this.#seen = this.resume = undefined;
  }
}

/** Also after none, and after what is no position. */
function isAfter(position: Position, other: Position | undefined): boolean {
  return !(comparePositions(position, other as Position) <= 0);
}
