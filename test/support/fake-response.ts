import { EventEmitter, once } from 'node:events';
import type { Response } from 'express';
import { createParser } from 'eventsource-parser';

/** A socket that takes everything at once; no part of ours. */
export class FakeResponse extends EventEmitter {
  readonly chunkedEncoding = false;
  ended = false;
  writableLength = 0;
  text = '';
  readonly writes: (string | Buffer)[] = [];

  write(frames: string | Buffer): boolean {
    this.writes.push(frames);
    this.text += frames.toString();
    this.emit('written');
    return true;
  }

  writeHead(): this {
    return this;
  }

  flushHeaders(): void {}

  get writableEnded(): boolean {
    return this.ended;
  }

  end(): void {
    this.ended = true;
  }

  /** Resolves when the event at this position has been written. */
  async has(position: string): Promise<void> {
    while (!this.text.includes(`id: ${position}\n`)) await once(this, 'written');
  }

  destroy(): void {
    this.emit('close');
  }

  /** The ids of the events that were written, in order. */
  ids(): string[] {
    const ids: string[] = [];
    const parser = createParser({
      onEvent: ({ event, id }) => {
        if (event === undefined && id !== undefined) ids.push(id);
      },
    });
    parser.feed(this.text);
    return ids;
  }

  asResponse(): Response {
    return this as unknown as Response;
  }
}
