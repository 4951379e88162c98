import type { Observable } from 'rxjs';
import type { Draft } from './chain.js';

/**
 * What is recorded, for rooms that watch it.
 *
 * - **Order**: as recorded, before bursts are summed up and before anything is stored.
 * - **Form**: as it will be stored: without credentials, addresses as VX11_AUDIT_ADDRESS says.
 * - **Failure**: a subscriber must not throw; it runs inside the request that is recorded.
 */
export abstract class AuditFeed {
  abstract readonly recorded: Observable<Draft>;
}
