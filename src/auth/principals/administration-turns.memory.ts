import { AdministrationTurns } from './administration-turns.js';

/**
 * Of a single instance. Its records change in memory before `decide` first waits for the
 * disk, so nothing can come between a check and its change.
 */
export class MemoryAdministrationTurns extends AdministrationTurns {
  run<T>(decide: () => Promise<T>): Promise<T> {
    return decide();
  }
}
