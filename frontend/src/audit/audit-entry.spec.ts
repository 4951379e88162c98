import { auditQuery, resultWords, type AuditEntry } from './audit-entry.js';

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
  it('asks for what was typed, without blanks and empty filters', () => {
    expect(auditQuery({ actor: ' ana ', subject: '', result: '' }, null)).toBe(
      '/audit?limit=100&actor=ana',
    );
    expect(auditQuery({ actor: '', subject: 'a&b', result: 'refused' }, '7')).toBe(
      '/audit?limit=100&subject=a%26b&result=refused&before=7',
    );
  });

  it('says how often and why', () => {
    expect(resultWords(entry)).toBe('done');
    expect(resultWords({ ...entry, count: 12, amount: 30 })).toBe('done, 12 times (30)');
    expect(resultWords({ ...entry, result: 'refused', reason: 'unknown' })).toBe(
      'refused: unknown',
    );
  });
});
