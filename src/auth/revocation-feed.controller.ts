import { Controller, Get, Header, Res, type BeforeApplicationShutdown } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Response } from 'express';
import { fromEvent, interval, merge, Subject, takeUntil } from 'rxjs';
import { GatewayOnly } from './access.js';
import { FEED_HEARTBEAT_MS, FEED_PATH } from './revocation-feed.js';
import { Revocations } from './revocations.js';

/** A gateway that does not read this much is cut off; it connects again. */
const UNREAD_BYTES = 1024 * 1024;

/**
 * Streams every decision about credentials to the gateways: at once, and after
 * every change, one line of JSON with all entries. An empty line a second shows
 * that the connection is alive.
 */
@ApiExcludeController()
@Controller(FEED_PATH)
export class RevocationFeedController implements BeforeApplicationShutdown {
  private readonly stopping = new Subject<void>();

  constructor(private readonly revocations: Revocations) {}

  @GatewayOnly()
  @Header('Cache-Control', 'no-store')
  @Get()
  follow(@Res() res: Response): void {
    res.type('application/x-ndjson');
    const send = () => {
      res.write(`${JSON.stringify(this.revocations.entries())}\n`);
      if (res.writableLength > UNREAD_BYTES) res.destroy();
    };
    send();
    const over = merge(fromEvent(res, 'close'), this.stopping);
    this.revocations.changed.pipe(takeUntil(over)).subscribe(send);
    interval(FEED_HEARTBEAT_MS)
      .pipe(takeUntil(over))
      .subscribe({ next: () => void res.write('\n'), complete: () => res.end() });
  }

  /** Nest closes the server only after this; with open feeds that would wait for its deadline. */
  beforeApplicationShutdown(): void {
    this.stopping.next();
  }
}
