import { Int } from '../setting.js';

const MINUTE = 60;

/** The event log. */
export class EventSettings {
  @Int(100_000, 'Events that the log keeps; the oldest ones are dropped.', {
    min: 100,
    max: 100_000_000,
    unit: 'events',
  })
  VX11_EVENT_LOG_LENGTH: number;

  @Int(
    20_000,
    'Events of the log that each instance also keeps in memory, for the tail and for most replays.',
    { min: 100, max: 1_000_000, unit: 'events' },
  )
  VX11_EVENT_RING_LENGTH: number;

  @Int(
    7 * 24 * 60 * MINUTE,
    'Seconds that the log in Redis keeps an event at most. 0: as long as there is room.',
    { min: 0, max: 10 * 365 * 24 * 60 * MINUTE, unit: 's' },
  )
  VX11_EVENT_LOG_MAX_AGE: number;
}
