import { Body, Controller, Get, HttpCode, type MessageEvent, Post, Sse } from '@nestjs/common';
import { type Observable, Subject } from 'rxjs';

/**
 * Server-sent events as Nest's documentation shows them, with one Subject for the app in place of
 * its `interval(1000)`, and a route that feeds it.
 */
@Controller()
export class EventsController {
  private readonly events = new Subject<MessageEvent>();

  @Get('ready')
  ready(): string {
    return 'ok';
  }

  @Post('publish')
  @HttpCode(202)
  publish(@Body() batch: object[]): { accepted: number } {
    for (const event of batch) this.events.next({ data: event });
    return { accepted: batch.length };
  }

  @Sse('stream')
  stream(): Observable<MessageEvent> {
    return this.events;
  }
}
