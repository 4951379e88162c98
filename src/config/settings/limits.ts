import { Int } from '../setting.js';

const most = { min: 0, max: 10_000_000 };

/** How much principals and addresses may do, on all instances together. 0: no limit. */
export class LimitSettings {
  @Int(0, 'Ephemeral tokens a second that one address may have issued. 0: no limit.', {
    ...most,
    unit: 'tokens/s',
  })
  VX11_ISSUE_RATE_LIMIT_PER_ADDRESS: number;

  @Int(0, 'Streams a second that one principal may open. 0: no limit.', {
    ...most,
    unit: 'streams/s',
  })
  VX11_OPEN_RATE_LIMIT: number;

  @Int(0, 'Streams a second that one address may open. 0: no limit.', {
    ...most,
    unit: 'streams/s',
  })
  VX11_OPEN_RATE_LIMIT_PER_ADDRESS: number;

  @Int(0, 'Requests a second with which one principal may publish. 0: no limit.', {
    ...most,
    unit: 'requests/s',
  })
  VX11_PUBLISH_RATE_LIMIT: number;

  @Int(0, 'Requests a second with which one address may publish. 0: no limit.', {
    ...most,
    unit: 'requests/s',
  })
  VX11_PUBLISH_RATE_LIMIT_PER_ADDRESS: number;

  @Int(
    6_000,
    'Requests a minute that one principal may send to routes of administration and audit. 0: no limit.',
    { ...most, unit: 'requests/min' },
  )
  VX11_ADMIN_RATE_LIMIT: number;

  @Int(
    12_000,
    'Requests a minute that one address may send to routes of administration and audit. 0: no limit.',
    { ...most, unit: 'requests/min' },
  )
  VX11_ADMIN_RATE_LIMIT_PER_ADDRESS: number;

  @Int(
    600,
    'Wrong tokens a minute from one address, IPv6 by /64; above it wrong tokens are answered slowly, with 429. A valid token is always accepted. 0: no limit.',
    { ...most, unit: 'attempts/min' },
  )
  VX11_FAILURES_PER_ADDRESS: number;

  @Int(20_000, 'Streams that one address may have open, IPv6 by /64.', {
    min: 1,
    max: 1_000_000,
    unit: 'streams',
  })
  VX11_STREAMS_PER_ADDRESS: number;
}
