import type { Clock } from '../kernel/clock.js';

/** Milliseconds of silence after which an instance counts as gone; who lives says something every five seconds. */
const GONE_MS = 16_000;

/** What each instance has said last, for as long as it goes on saying something. */
export class LastHeard<Words> {
  private readonly byInstance = new Map<string, { words: Words; at: number }>();

  constructor(private readonly clock: Clock) {}

  hear(instance: string, words: Words): void {
    this.byInstance.set(instance, { words, at: this.clock.monotonic() });
  }

  /** `undefined` when it was not heard of, or not for too long. */
  of(instance: string): Words | undefined {
    this.forget();
    return this.byInstance.get(instance)?.words;
  }

  /** It said that it leaves. */
  leave(instance: string): void {
    this.byInstance.delete(instance);
  }

  get instances(): string[] {
    this.forget();
    return [...this.byInstance.keys()];
  }

  get words(): Words[] {
    this.forget();
    return [...this.byInstance.values()].map(({ words }) => words);
  }

  private forget(): void {
    const now = this.clock.monotonic();
    for (const [instance, { at }] of this.byInstance) {
      if (now - at > GONE_MS) this.byInstance.delete(instance);
    }
  }
}
