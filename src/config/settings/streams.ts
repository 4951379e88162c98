import { canonicalOrigin, webOrigin } from '../formats.js';
import { Int, List } from '../setting.js';

const MINUTE = 60;
const KIB = 1024;
const MIB = 1024 * KIB;

/** The streams of operator-backend. */
export class StreamSettings {
  @Int(
    60 * MINUTE,
    'Greatest age of a stream in seconds; each ends at a random 80 to 100 % of it.',
    { min: 1, max: 7 * 24 * 60 * MINUTE, unit: 's' },
  )
  VX11_STREAM_MAX_AGE: number;

  @Int(
    MIB,
    'Bytes that may wait for a client that does not read; above it the stream ends as slow_consumer.',
    { min: 64 * KIB, max: 1024 * MIB, unit: 'bytes' },
  )
  VX11_STREAM_BUFFER_BYTES: number;

  @Int(20_000, 'Streams that one instance carries.', { min: 1, max: 1_000_000, unit: 'streams' })
  VX11_STREAMS_MAX: number;

  @Int(15_000, 'Streams that one principal may have open.', {
    min: 1,
    max: 1_000_000,
    unit: 'streams',
  })
  VX11_STREAMS_PER_PRINCIPAL: number;

  @Int(
    30_000,
    'Values in the different filters of the streams that one principal has open on one instance. Above it a stream answers 429 too_many_filters.',
    { min: 100, max: 1_000_000, unit: 'values' },
  )
  VX11_FILTER_VALUES_PER_PRINCIPAL: number;

  @Int(
    8,
    'Reads of the event log that one principal may have under way on one instance, for streams and history; further ones wait for their turn.',
    { min: 1, max: 1000, unit: 'reads' },
  )
  VX11_READS_PER_PRINCIPAL: number;

  @Int(100, 'Events in the snapshot that a stream begins with.', {
    min: 0,
    max: 1000,
    unit: 'events',
  })
  VX11_SNAPSHOT_EVENTS: number;

  @Int(10, 'Seconds from the first goodbye of a shutdown to the last.', {
    min: 1,
    max: 3600,
    unit: 's',
  })
  VX11_DRAIN_SECONDS: number;

  @List('', "Origins, besides the gateway's own, whose pages may call the API (CORS).", {
    format: webOrigin,
    canonical: canonicalOrigin,
  })
  VX11_CORS_ORIGINS: string[];
}
