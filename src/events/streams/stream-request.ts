import type { FilterSpec } from '../../kernel/event-filter.js';

/** What a client asks of its stream. */
export interface StreamRequest {
  readonly filter: FilterSpec;
  /** As the client sent it; `undefined`: none. */
  readonly lastEventId: string | undefined;
  /** False: the history, then the end. */
  readonly follow: boolean;
}
