import { Int, OneOf, Text } from '../setting.js';

/** The audit trail. */
export class AuditSettings {
  @OneOf(
    ['full', 'truncated', 'hash'],
    'full',
    'How the audit trail stores the address of a client: as it is; the network only (IPv4 /24, IPv6 /48); as a keyed hash, which is equal for equal addresses.',
  )
  VX11_AUDIT_ADDRESS: 'full' | 'truncated' | 'hash';

  @Int(365, 'Days that the audit trail keeps an entry.', { min: 1, max: 36_500, unit: 'days' })
  VX11_AUDIT_RETENTION_DAYS: number;

  @Int(
    1_000_000,
    'Entries that the audit trail keeps at most: about 500 bytes each, on disk or in Redis. Above it the oldest are removed before their time, with an entry that says so: export them first.',
    { min: 1_000, max: 1_000_000_000, unit: 'entries' },
  )
  VX11_AUDIT_MAX_ENTRIES: number;

  @Text(
    undefined,
    'Secret key of the audit trail, at least 32 characters, the same on every instance: it signs the checkpoints and hashes the addresses. Absent: derived from the first of VX11_TOKEN_KEYS; without these, made in VX11_DATA_DIR. Make one with: openssl rand -base64 32',
    { secret: true },
  )
  VX11_AUDIT_KEY: string | undefined;

  @Text(undefined, 'File with this key, instead of VX11_AUDIT_KEY.', {
    example: '/etc/vx11/audit-key',
  })
  VX11_AUDIT_KEY_FILE: string | undefined;
}
