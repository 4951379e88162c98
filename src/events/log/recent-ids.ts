import { hash } from 'node:crypto';
import type { NewEvent } from '../event.js';
import { DEDUPLICATION_MS } from './event-log.js';

const SEGMENT_IDS = 65_536;
/** A power of two. */
const SLOTS = 2 * SEGMENT_IDS;
const KEY_BYTES = 16;

/** 16 bytes that stand for (`publisher`, `source`, `id`): half a SHA-256, so nobody can make two collide. */
export function eventKey(event: Pick<NewEvent, 'publisher' | 'source' | 'id'>): Buffer {
  const { publisher, source, id } = event;
  // The lengths keep ("a", "bc") and ("ab", "c") apart.
  const text = `${publisher.length}:${publisher}${source.length}:${source}${id}`;
  return hash('sha256', text, 'buffer').subarray(0, KEY_BYTES);
}

/**
 * The ids of the last ten minutes, to the millisecond of the wall clock. When that clock
 * goes back, ids are remembered longer, never shorter.
 *
 * Memory: 48 bytes an id outside V8's heap, in segments of 65,536 that are
 * dropped whole when their last id is too old: 29 MB at a steady 1000 events a
 * second. A `Map` would need twice that, and stall for its rehashing.
 */
export class RecentIds {
  private segments: Segment[] = [];

  /** Memory that the ids take. */
  get bytes(): number {
    return this.segments.reduce((sum, segment) => sum + segment.bytes, 0);
  }

  /** Whether the key was taken less than ten minutes before `now`. */
  has(key: Buffer, now: number): boolean {
    const words = wordsOf(key);
    return this.segments.some((segment) => now - segment.takenAt(words) < DEDUPLICATION_MS);
  }

  add(key: Buffer, at: number): void {
    let segment = this.segments.at(-1);
    if (!segment || segment.full) {
      this.segments = this.segments.filter((old) => at - old.latest < DEDUPLICATION_MS);
      segment = new Segment();
      this.segments.push(segment);
    }
    segment.add(wordsOf(key), at);
  }
}

type Words = readonly [number, number, number, number];

function wordsOf(key: Buffer): Words {
  return [key.readInt32LE(0), key.readInt32LE(4), key.readInt32LE(8), key.readInt32LE(12)];
}

/** An open-addressing table, half full at most. An empty slot has the key zero. */
class Segment {
  /** When the latest id was taken, epoch milliseconds. */
  latest = -Infinity;
  private count = 0;
  private readonly keys = new Int32Array(4 * SLOTS);
  private readonly times = new Float64Array(SLOTS);

  get bytes(): number {
    return this.keys.byteLength + this.times.byteLength;
  }

  get full(): boolean {
    return this.count >= SEGMENT_IDS;
  }

  /** Epoch milliseconds; minus infinity when it never was. */
  takenAt(words: Words): number {
    const slot = this.find(words);
    return this.isEmpty(slot) ? -Infinity : (this.times[slot] ?? -Infinity);
  }

  add(words: Words, at: number): void {
    const slot = this.find(words);
    if (this.isEmpty(slot)) this.count += 1;
    this.keys.set(words, 4 * slot);
    this.times[slot] = at;
    this.latest = Math.max(this.latest, at);
  }

  /** The slot that holds the key, or the empty one where it would be. */
  private find([a, b, c, d]: Words): number {
    const { keys } = this;
    let slot = a & (SLOTS - 1);
    for (;;) {
      const at = 4 * slot;
      const same = keys[at] === a && keys[at + 1] === b && keys[at + 2] === c && keys[at + 3] === d;
      if (same || this.isEmpty(slot)) return slot;
      slot = (slot + 1) & (SLOTS - 1);
    }
  }

  private isEmpty(slot: number): boolean {
    const { keys } = this;
    const at = 4 * slot;
    return keys[at] === 0 && keys[at + 1] === 0 && keys[at + 2] === 0 && keys[at + 3] === 0;
  }
}
