import { Int } from '../setting.js';

const most = { min: 0, max: 1_000_000 };

/** From how many on, within ten minutes on all instances, a pattern is reported as suspicious. 0: never. */
export class WatchSettings {
  @Int(100, 'Failed attempts from one address, or of one principal without the scope. 0: never.', {
    ...most,
    unit: 'attempts',
  })
  VX11_WATCH_FAILURES: number;

  @Int(3, 'Tokens of one principal that a second client presented. 0: never.', {
    ...most,
    unit: 'replays',
  })
  VX11_WATCH_REPLAYS: number;

  @Int(
    5,
    'Addresses from which one principal opens streams with its principal token, ten streams at least. 0: never.',
    { ...most, unit: 'addresses' },
  )
  VX11_WATCH_FALLBACK_ADDRESSES: number;

  @Int(100, 'Tokens issued to one principal of which fewer than a tenth are used. 0: never.', {
    ...most,
    unit: 'tokens',
  })
  VX11_WATCH_UNUSED_TOKENS: number;

  @Int(
    20,
    'Acts of one administrator on principals, streams and tokens of others; after so many acts, also one from an address that is new for it. 0: never.',
    { ...most, unit: 'acts' },
  )
  VX11_WATCH_ADMIN_ACTS: number;
}
