import { Injectable } from '@nestjs/common';
import { Environment } from '../../config/environment.js';
import { KeyedSemaphore } from '../../kernel/semaphore.js';

/**
 * Bounds the reads of the log that each principal has under way on this instance, so
 * that replays and history of one cannot take the log's whole time from the others.
 */
@Injectable()
export class PrincipalReads extends KeyedSemaphore {
  constructor(config: Environment) {
    super(config.VX11_READS_PER_PRINCIPAL);
  }
}
