import type { Clock } from '../kernel/clock.js';

/** Milliseconds of silence after which a peer counts as gone. A live instance reports every 5 s. */
const GONE_MS = 16_000;

/** The other instances that are alive, each with the state that it last reported. */
export class Peers<State> {
  private readonly byInstance = new Map<string, { state: State; at: number }>();

  constructor(private readonly clock: Clock) {}

  report(instance: string, state: State): void {
    this.byInstance.set(instance, { state, at: this.clock.monotonic() });
  }

  /** `undefined` when the instance has not reported, or not recently. */
  of(instance: string): State | undefined {
    this.removeGone();
    return this.byInstance.get(instance)?.state;
  }

  /** The instance has announced its shutdown. */
  leave(instance: string): void {
    this.byInstance.delete(instance);
  }

  get instances(): string[] {
    this.removeGone();
    return [...this.byInstance.keys()];
  }

  get states(): State[] {
    this.removeGone();
    return [...this.byInstance.values()].map(({ state }) => state);
  }

  private removeGone(): void {
    const now = this.clock.monotonic();
    for (const [instance, { at }] of this.byInstance) {
      if (now - at > GONE_MS) this.byInstance.delete(instance);
    }
  }
}
