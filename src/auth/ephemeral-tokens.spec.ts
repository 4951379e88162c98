import { ManualClock } from '../../test/support/manual-clock.js';
import { MemoryTokenCache } from '../token-cache/token-cache.memory.js';
import { SqliteSessionStore } from './identity/session-store.sqlite.js';
import { Keyring } from '../token-cache/keyring.js';
import type { ReusePolicy } from '../token-cache/token-cache.js';
import { EphemeralTokens, type Caller } from './ephemeral-tokens.js';
import { SCOPES, type Principal } from './principal.js';
import { MemoryRateLimit } from './rate-limit.memory.js';
import { AuditNotes } from '../../test/support/audit-notes.js';
import { memoryRights } from '../../test/support/memory-rights.js';
import { loadConfig } from '../config/config.js';
import { RequestLimits } from './request-limits.js';
import { SecurityEvents } from './security-events.js';
import { TokenMetrics } from './token-metrics.js';

class Incidents extends SecurityEvents {
  readonly replays: object[] = [];
  tokenReplayed(incident: object): void {
    this.replays.push(incident);
  }
  refreshReused(incident: object): void {
    this.replays.push(incident);
  }
  suspected(suspicion: object): void {
    this.replays.push(suspicion);
  }
  principalActed(act: string): void {
    this.replays.push({ act });
  }
}

class Counts extends TokenMetrics {
  readonly seen: string[] = [];
  issued(): void {
    this.seen.push('issued');
  }
  expired(count: number): void {
    for (let n = 0; n < count; n += 1) this.seen.push('expired');
  }
  invalid(reason: string): void {
    this.seen.push(`invalid ${reason}`);
  }
  reused(): void {
    this.seen.push('reused');
  }
  revoked(count: number): void {
    this.seen.push(`revoked ${count}`);
  }
  validated(credential: string, result: string): void {
    this.seen.push(`${credential} ${result}`);
  }
  rateLimited(): void {
    this.seen.push('rate limited');
  }
  refreshReused(): void {
    this.seen.push('refresh reused');
  }
  issuerKeysFailed(): void {
    this.seen.push('issuer keys failed');
  }
}

const principal: Principal = {
  id: 'ana',
  credentialHash: 'c'.repeat(64),
  scopes: new Set(SCOPES),
  filter: { module: ['shop'] },
};
const browser: Caller = { address: '192.0.2.1', userAgent: 'a', correlationId: 'c' };
const stranger: Caller = { ...browser, userAgent: 'b' };

function room(reuse: ReusePolicy = 'same-client') {
  const clock = new ManualClock();
  const audit = new AuditNotes();
  const metrics = new Counts();
  const incidents = new Incidents();
  const { rights, revocations } = memoryRights();
  const tokens = new EphemeralTokens(
    new MemoryTokenCache(clock, { count: 100, bytes: 1_000_000 }),
    Keyring.random(),
    audit,
    metrics,
    incidents,
    rights,
    new SqliteSessionStore(':memory:', clock),
    new RequestLimits(new MemoryRateLimit(), audit, metrics, loadConfig({})),
    clock,
    { VX11_SSE_TOKEN_REUSE: reuse, VX11_ISSUE_RATE_LIMIT: 0 },
  );
  const issue = () => tokens.issue(principal, { severity: ['error'] }, browser);
  return { clock, audit, metrics, incidents, revocations, tokens, issue };
}

describe('the life of a token, to the millisecond', () => {
  it('is valid at 59.999 s', async () => {
    const { clock, tokens, issue } = room();
    const token = await issue();
    clock.advance(59_999);
    await expect(tokens.redeem(token, browser)).resolves.toMatchObject({ reused: false });
  });

  it('is expired at 60.000 s, first use or not', async () => {
    const { clock, tokens, issue } = room();
    const [used, unused] = [await issue(), await issue()];
    await tokens.redeem(used, browser);
    clock.advance(60_000);
    for (const token of [used, unused]) {
      await expect(tokens.redeem(token, browser)).rejects.toMatchObject({ code: 'token_expired' });
    }
  });

  it('is over with the right that it was issued for', async () => {
    const { clock, tokens } = room();
    const until = { ...principal, expiresAt: clock.now() + 5_000 };
    const token = await tokens.issue(until, undefined, browser);
    clock.advance(4_999);
    await tokens.redeem(token, browser);
    clock.advance(1);
    await expect(tokens.redeem(token, browser)).rejects.toMatchObject({ code: 'invalid_token' });
  });

  it('is not made longer by its use', async () => {
    const { clock, tokens, issue } = room();
    const token = await issue();
    for (let second = 0; second < 59; second += 1) {
      clock.advance(1_000);
      await tokens.redeem(token, browser);
    }
    clock.advance(1_000);
    await expect(tokens.redeem(token, browser)).rejects.toMatchObject({ code: 'token_expired' });
  });

  it.each([3_600_000, -3_600_000])(
    'does not care when the wall clock is set by %i ms',
    async (step) => {
      const { clock, tokens, issue } = room();
      const token = await issue();
      clock.step(step);
      clock.advance(59_999);
      await tokens.redeem(token, browser);
      clock.advance(1);
      await expect(tokens.redeem(token, browser)).rejects.toMatchObject({ code: 'token_expired' });
    },
  );

  it('counts each token that dies of age once', async () => {
    const { clock, metrics, tokens, issue } = room();
    await issue();
    await issue();
    clock.advance(60_000);
    tokens.sweep();
    tokens.sweep();
    expect(metrics.seen.filter((what) => what === 'expired')).toHaveLength(2);
  });
});

describe('a use of a token', () => {
  it('gives what the principal and the token may read', async () => {
    const { tokens, issue } = room();
    const { grant } = await tokens.redeem(await issue(), browser);
    expect(grant).toMatchObject({
      principalId: 'ana',
      filters: [{ module: ['shop'] }, { severity: ['error'] }],
    });
  });

  it('by another client is refused, audited, counted and told, without the token', async () => {
    const { audit, metrics, incidents, tokens, issue } = room();
    const token = await issue();
    await tokens.redeem(token, browser);
    await expect(tokens.redeem(token, stranger)).rejects.toMatchObject({ code: 'token_replayed' });
    expect(incidents.replays).toEqual([
      expect.objectContaining({ principalId: 'ana', userAgent: 'b' }),
    ]);
    expect(metrics.seen).toContain('invalid replayed');
    expect(audit.entries.at(-1)).toMatchObject({ action: 'token.replayed', subject: 'ana' });
    expect(JSON.stringify([audit.entries, incidents.replays])).not.toContain(token);
  });

  it.each([
    ['allow', true, true],
    ['same-client', true, false],
    ['deny', false, false],
  ] as const)('under %s: the same client again %s, another %s', async (reuse, same, other) => {
    const { tokens, issue } = room(reuse);
    const token = await issue();
    await tokens.redeem(token, browser);
    const passes = (caller: Caller) =>
      tokens.redeem(token, caller).then(
        () => true,
        () => false,
      );
    expect([await passes(browser), await passes(stranger)]).toEqual([same, other]);
  });

  it('never confuses address and User-Agent of two clients', async () => {
    const { tokens, issue } = room();
    const token = await issue();
    await tokens.redeem(token, { ...browser, address: '1', userAgent: '2' });
    await expect(
      tokens.redeem(token, { ...browser, address: '12', userAgent: '' }),
    ).rejects.toMatchObject({ code: 'token_replayed' });
  });

  it.each(['', 'x', '0'.repeat(36), '6FA459EA-EE8A-4CA4-894E-DB77E160355E'])(
    'of "%s" is malformed, and never reaches the cache',
    async (text) => {
      const { metrics, tokens } = room();
      await expect(tokens.redeem(text, browser)).rejects.toMatchObject({ code: 'invalid_token' });
      expect(metrics.seen).toEqual(['invalid malformed', 'ephemeral invalid']);
    },
  );
});
