import { whySignedOut } from './endings.js';

const REVOKED = 'This principal was revoked.';

describe('the words for an end of the session', () => {
  it('are the same whether the stream or a request notices it first', () => {
    expect(whySignedOut({ code: 'revoked' })).toBe(REVOKED);
    expect(whySignedOut({ code: 'invalid_token', detail: REVOKED })).toBe(REVOKED);
  });

  it.each(['expired', 'auth_required', 'invalid_token', 'refresh_reused'])(
    'exist for %s',
    (code) => {
      expect(whySignedOut({ code })).toMatch(/^(?:The|This|Your) .*\.$/);
    },
  );

  it.each([
    undefined,
    'admin',
    'insufficient_scope',
    'rate_limited',
    'draining',
    'cross_site_request',
  ])('do not exist for %s: the token is still good', (code) => {
    expect(whySignedOut({ code, detail: 'Something else.' })).toBeUndefined();
  });
});
