import { Int, Text } from '../setting.js';

/** Principals and what they may have issued. */
export class PrincipalSettings {
  @Text(
    undefined,
    'JSON file with the principals: [{"id","tokenSha256","scopes","filter"?,"rateLimit"?}].',
    { example: '/etc/vx11/principals.json' },
  )
  VX11_PRINCIPALS_FILE: string | undefined;

  @Text(undefined, 'A principal token with all scopes (principal "operator").', { secret: true })
  VX11_OPERATOR_TOKEN: string | undefined;

  @Text(undefined, 'A principal token with all scopes (principal "gateway").', { secret: true })
  VX11_GATEWAY_TOKEN: string | undefined;

  @Text(undefined, 'A principal token with all scopes (principal "tentaculo-link").', {
    secret: true,
  })
  VX11_TENTACULO_LINK_TOKEN: string | undefined;

  @Int(
    0,
    'Ephemeral tokens a second that one principal may have issued, unless its own rateLimit says otherwise. 0: no limit.',
    { min: 0, max: 1_000_000, unit: 'tokens/s' },
  )
  VX11_ISSUE_RATE_LIMIT: number;

  @Text(
    undefined,
    'The token with which a neighbour publishes about itself. operator-backend takes it as a principal that may only publish (principal "neighbour").',
    { secret: true },
  )
  VX11_NEIGHBOUR_TOKEN: string | undefined;
}
