import { auditQuery, resultWords, timeWords, type AuditEntry } from './audit-entry.js';

const entry: AuditEntry = {
  position: '1',
  hash: '',
  chain: 'k',
  seq: 1,
  time: '2026-01-01T00:00:00.000Z',
  action: 'token.issued',
  result: 'done',
};

describe('the audit page', () => {
  it('queries the typed filters, without blanks and empty ones', () => {
    expect(auditQuery({ actor: ' ana ', subject: '', result: '' }, null)).toBe(
      '/audit?limit=100&actor=ana',
    );
    expect(auditQuery({ actor: '', subject: 'a&b', result: 'refused' }, '7')).toBe(
      '/audit?limit=100&subject=a%26b&result=refused&before=7',
    );
  });

  it('shows the number of actions and the reason', () => {
    expect(resultWords(entry)).toBe('done');
    expect(resultWords({ ...entry, count: 12, amount: 30 })).toBe('done, 12 times, 30');
    const read = { ...entry, action: 'events.read' };
    expect([1, 2].map((amount) => resultWords({ ...read, amount }))).toEqual([
      'done, 1 event',
      'done, 2 events',
    ]);
    expect(resultWords({ ...entry, result: 'refused', reason: 'unknown' })).toBe(
      'refused: unknown',
    );
  });

  it('shows from when to when a sum goes', () => {
    const words = (until?: string) =>
      timeWords(until === undefined ? entry : { ...entry, until }, 'utc');
    expect(words()).toBe('2026-01-01 00:00:00');
    expect(words('2026-01-01T00:00:00.900Z')).toBe('2026-01-01 00:00:00');
    expect(words('2026-01-01T00:59:59.000Z')).toBe('2026-01-01 00:00:00 to 00:59:59');
    expect(words('2026-01-02T00:00:00.000Z')).toBe('2026-01-01 00:00:00 to 2026-01-02 00:00:00');
  });
});
