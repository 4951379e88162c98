import type { ChildProcess } from 'node:child_process';
import type { EventLog } from '../../src/events/log/event-log.js';

export interface LogUnderTest {
  /** Open. Another one after a restart. */
  log: EventLog;
}

type Maybe = void | Promise<void>;

/** How the suite gets at an adapter, and what it may do to it. */
export interface EventLogAdapter<T extends LogUnderTest = LogUnderTest> {
  /** An open, empty log with room for `capacity` events. */
  create(capacity: number): Promise<T>;
  destroy(subject: T): Promise<void>;

  /** Events above its capacity that it may hold; 0 unless given. */
  readonly slack?: number;

  /** When time is the test's: milliseconds pass; or somebody sets the wall clock. */
  readonly clock?: { advance(subject: T, ms: number): Maybe; step(subject: T, ms: number): Maybe };

  /** When it is durable: closes the log, unless it is, and opens another on the same data. */
  restart?(subject: T): Promise<void>;

  /** When it can be cut off from where it keeps the events. */
  readonly outage?: { begin(subject: T): Maybe; end(subject: T): Maybe };

  /** When it is durable: a process that runs `appendForever` on the same data. */
  spawn?(subject: T): ChildProcess;
}

/** A fresh log for each test of the surrounding `describe`. */
export function eachWith<T extends LogUnderTest>(
  adapter: EventLogAdapter<T>,
  capacity: number,
): { readonly current: T; readonly log: EventLog } {
  let subject: T;
  beforeEach(async () => {
    subject = await adapter.create(capacity);
  });
  afterEach(async () => {
    await adapter.destroy(subject);
  });
  return {
    get current() {
      return subject;
    },
    get log() {
      return subject.log;
    },
  };
}
