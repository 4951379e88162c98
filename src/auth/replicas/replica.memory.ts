import { Subject } from 'rxjs';
import type { Clock } from '../../kernel/clock.js';
import { Replica, ReplicaTable, timeAfter, type Entry, type EntryKind } from './replica.js';

/** A table that ends with the process. */
export class MemoryReplica<E extends Entry> extends Replica<E> {
  readonly updates = new Subject<readonly E[]>();
  private readonly table: ReplicaTable<E>;

  constructor(
    kind: EntryKind<E>,
    private readonly clock: Pick<Clock, 'now'>,
  ) {
    super();
    this.table = new ReplicaTable(kind);
  }

  requireKnown(): void {
    // There is no other copy.
  }

  get(key: string): E | undefined {
    return this.table.get(key);
  }

  entries(): readonly E[] {
    return this.table.entries;
  }

  async update(key: string, change: (current: E | undefined, at: number) => E): Promise<E> {
    const current = this.table.get(key);
    const entry = change(current, timeAfter(current, this.clock.now()));
    this.updates.next(this.table.merge([entry]));
    return entry;
  }
}
