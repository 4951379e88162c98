import { Controller, Get, Header, Res, type BeforeApplicationShutdown } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { fromEvent, interval, merge, Subject, takeUntil } from 'rxjs';
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
export class FeedController implements BeforeApplicationShutdown {
  private readonly stopping = new Subject<void>();

  constructor(
    private readonly revocations: Revocations,
    private readonly principals: PrincipalRecords,
  ) {}

  @GatewayOnly()
  @Header('Cache-Control', 'no-store')
  @Get()
  follow(@Res() res: Response): void {
    res.type('application/x-ndjson');
    const send = (lists: object) => {
      if (res.writableLength > UNREAD_BYTES) res.destroy();
      else res.write(`${JSON.stringify(lists)}\n`);
    };
    const revocations = () => this.revocations.entries();
    send({ revocations: revocations(), principals: this.principals.entries() });
    const over = merge(fromEvent(res, 'close'), this.stopping);
    this.revocations.changed
      .pipe(takeUntil(over))
      .subscribe(() => send({ revocations: revocations() }));
    this.principals.updates.pipe(takeUntil(over)).subscribe((principals) => send({ principals }));
    interval(FEED_HEARTBEAT_MS)
      .pipe(takeUntil(over))
      .subscribe({ next: () => void res.write('\n'), complete: () => res.end() });
  }

  /** Nest closes the server only after this; with open feeds that would wait for its deadline. */
  beforeApplicationShutdown(): void {
    this.stopping.next();
  }
}
