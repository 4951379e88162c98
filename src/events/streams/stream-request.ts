import type { FilterSpec } from '../../kernel/event-filter.js';

/** The parameters of a client's request for a stream. */
export interface StreamRequest {
  readonly filter: FilterSpec;
  /** As the client sent it, not validated; `undefined` when it sent none. */
  readonly lastEventId: string | undefined;
  /** False: send the history, then end the stream. */
  readonly follow: boolean;
}
