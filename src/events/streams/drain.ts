import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { Environment } from '../../config/environment.js';
import { Readiness } from '../../kernel/readiness.js';
import { inWaves } from '../../kernel/waves.js';
import { SystemEvents } from '../announce/system-events.js';
import { StreamRegistry } from './stream-registry.js';
import type { Stream } from './stream.js';

/** Share of the drain window in which a probed instance keeps serving: 2 s of 10; the gateway probes every second. */
const NOTICE_SHARE = 0.2;
/** Share of the window in which goodbyes are sent; the rest is the notice, and time for clients to read the goodbyes. */
const SENDING_SHARE = 0.5;
const EARLIEST_RETRY_MS = 500;
/** Milliseconds over which reconnects are spread, as far as the steps below allow it. */
const RETRY_SPREAD_MS = 5_000;
/** Milliseconds between two reconnects. One process of the gateway opens some 500 streams a second. */
const LONGEST_STEP_MS = 2;
const SHORTEST_STEP_MS = 1;

/** Ends the streams of this instance during a shutdown. */
@Injectable()
export class StreamDrain {
  constructor(
    private readonly readiness: Readiness,
    private readonly registry: StreamRegistry,
    private readonly events: SystemEvents,
    private readonly config: Environment,
  ) {}

  /**
   * Makes the instance not ready at once. Then refuses new streams and ends the open
   * ones in waves, all within the drain window. An instance that is still being probed
   * first keeps serving for a fifth of the window, so that the prober sees that it is
   * not ready. Until then the prober still routes requests here, and each one that the
   * instance refused or cut off would fail for its client.
   */
  async run(): Promise<void> {
    if (!this.readiness.leave()) return;
    const seconds = this.config.VX11_DRAIN_SECONDS;
    if (this.readiness.isProbed) await delay(seconds * 1000 * NOTICE_SHARE);
    this.readiness.drain();
    await this.events.draining(this.registry.size);
    await endInWaves(this.registry.all(), seconds * 1000 * SENDING_SHARE);
    this.events.drained();
  }
}

/** Sends a goodbye to all streams within `ms`. Each client gets a different `retry_ms`. */
async function endInWaves(streams: readonly Stream[], ms: number): Promise<void> {
  const retries = retryTimes(streams.length);
  await inWaves(streams, ms, (stream, index) => stream.goodbye('draining', retries[index]));
}

/** Returns `count` different reconnect delays in whole milliseconds, evenly spread and shuffled; a few clients come back soon. */
export function retryTimes(count: number): number[] {
  const even = Math.floor(RETRY_SPREAD_MS / Math.max(1, count));
  const step = Math.min(LONGEST_STEP_MS, Math.max(SHORTEST_STEP_MS, even));
  const times = Array.from({ length: count }, (_, index) => EARLIEST_RETRY_MS + index * step);
  for (let index = times.length - 1; index > 0; index -= 1) {
    const other = Math.floor(Math.random() * (index + 1));
    [times[index], times[other]] = [times[other] as number, times[index] as number];
  }
  return times;
}
