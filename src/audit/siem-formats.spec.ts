import type { ExportedEntry } from './chain-verifier.js';
import { formatted } from './siem-formats.js';

const entry: ExportedEntry = {
  v: 1,
  chain: 'k_1',
  seq: 7,
  prev: '0'.repeat(64),
  hash: 'f'.repeat(64),
  time: '2026-01-31T03:00:00.000Z',
  action: 'token.refused',
  result: 'refused',
  actor: 'a|b=c\nCEF:0|forged',
  address: '192.0.2.1',
  reason: 'unknown',
  count: 4,
};

describe('an entry for a SIEM', () => {
  it('in CEF is one line, and no value can forge a field or a line', () => {
    const line = formatted(entry, 'cef', '1.0');
    expect(line).not.toContain('\n');
    expect(line).toContain('CEF:0|VX11|Operator|1.0|token.refused|');
    expect(line).toContain('suser=a|b\\=c\\nCEF:0|forged ');
    expect(line).toContain('outcome=failure');
    expect(line).toContain('src=192.0.2.1');
    expect(line).toContain('cnt=4');
    const odd = formatted({ ...entry, actor: 'a\u0000b\u0085c\u2028d' }, 'cef', '1.0');
    expect(odd).toContain('suser=a b c d ');
  });

  it('has how many events it is about, until when, and the details', () => {
    const read: ExportedEntry = {
      ...entry,
      amount: 0,
      until: '2026-01-31T03:59:00.000Z',
      detail: { filter: 'a=b' },
    };
    const line = formatted(read, 'cef', '1.0');
    expect(line).toContain(` end=${Date.parse('2026-01-31T03:59:00Z')} cn1Label=amount cn1=0 `);
    expect(line).toContain('cs5Label=detail cs5={"filter":"a\\=b"}');
    expect(JSON.parse(formatted(read, 'ocsf', '1.0'))).toMatchObject({
      end_time: Date.parse('2026-01-31T03:59:00Z'),
      unmapped: { amount: 0, detail: { filter: 'a=b' } },
    });
  });

  it('in CEF has a hashed address in a custom string: src must be an address', () => {
    const line = formatted({ ...entry, address: 'hash:abc' }, 'cef', '1.0');
    expect(line).not.toContain('src=');
    expect(line).toContain('cs4Label=address cs4=hash:abc');
  });

  it('in OCSF has the class, the type and the outcome of its action', () => {
    expect(JSON.parse(formatted(entry, 'ocsf', '1.0'))).toMatchObject({
      category_uid: 3,
      class_uid: 3002,
      activity_id: 1,
      type_uid: 300201,
      status_id: 2,
      time: Date.parse(entry.time),
      src_endpoint: { ip: '192.0.2.1' },
    });
  });
});
