import { Controller, Get, Header, Res } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { fromEvent, interval, merge, takeUntil } from 'rxjs';
import { ProblemError } from '../../kernel/problem.js';
import type { Retiring } from '../../http/retiring-connections.js';
import { GatewayOnly } from '../access.js';
import { PrincipalRecords } from '../principals/principal-records.js';
import { Revocations } from '../revocations.js';
import { FEED_HEARTBEAT_MS, FEED_PATH } from './feed.js';

/** A gateway that has not read this much when something changes is cut off; it connects again. */
const UNREAD_BYTES = 1024 * 1024;

/**
 * Streams every decision about credentials, and every managed principal, to the gateways:
 * at once one line of JSON with all entries, and after every change one with what may
 * have changed. An empty line a second shows that the connection is alive.
 */
@ApiExcludeController()
@Controller(FEED_PATH)
export class FeedController {
  constructor(
    private readonly host: HttpAdapterHost,
    private readonly revocations: Revocations,
    private readonly principals: PrincipalRecords,
  ) {}

  /**
   * It ends when the server stops listening, so that the gateway hears of what is decided before;
   * the server would otherwise wait for its deadline.
   * @throws ProblemError draining
   */
  @GatewayOnly()
  @Header('Cache-Control', 'no-store')
  @Get()
  follow(@Res() res: Response): void {
    const { closing } = this.host.httpAdapter as unknown as Retiring;
    if (closing.aborted) {
      throw new ProblemError('draining', 'This instance is shutting down. Follow another one.', {
        retryAfterSec: 1,
      });
    }
    res.type('application/x-ndjson');
    const send = (lists: object) => {
      if (res.writableLength > UNREAD_BYTES) res.destroy();
      else res.write(`${JSON.stringify(lists)}\n`);
    };
    const revocations = () => this.revocations.entries();
    send({ revocations: revocations(), principals: this.principals.entries() });
    const over = merge(fromEvent(res, 'close'), fromEvent(closing, 'abort'));
    this.revocations.changed
      .pipe(takeUntil(over))
      .subscribe(() => send({ revocations: revocations() }));
    this.principals.updates.pipe(takeUntil(over)).subscribe((principals) => send({ principals }));
    interval(FEED_HEARTBEAT_MS)
      .pipe(takeUntil(over))
      .subscribe({ next: () => void res.write('\n'), complete: () => res.end() });
  }
}
