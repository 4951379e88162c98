/** Limits how many pieces of work run at once; the others wait in order. */
export class Semaphore {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free += 1;
    }
  }
}

/** One semaphore for each key, all of the same size; removed when it is idle. */
export class KeyedSemaphore {
  private readonly inUse = new Map<string, { semaphore: Semaphore; users: number }>();

  constructor(private readonly size: number) {}

  /** Number of keys with running or waiting work. */
  get keys(): number {
    return this.inUse.size;
  }

  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const entry = this.inUse.get(key) ?? { semaphore: new Semaphore(this.size), users: 0 };
    this.inUse.set(key, entry);
    entry.users += 1;
    try {
      return await entry.semaphore.run(work);
    } finally {
      entry.users -= 1;
      if (entry.users === 0) this.inUse.delete(key);
    }
  }
}
