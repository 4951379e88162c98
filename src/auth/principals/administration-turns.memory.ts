import { AdministrationTurns } from './administration-turns.js';

/** Of a single instance. */
export class MemoryAdministrationTurns extends AdministrationTurns {
  private last: Promise<unknown> = Promise.resolve();

  run<T>(decide: () => Promise<T>): Promise<T> {
    const turn = this.last.then(decide);
    this.last = turn.catch(() => undefined);
    return turn;
  }
}
