import { Int, List, OneOf, Text } from '../setting.js';

const MIB = 1024 * 1024;

/** Ephemeral tokens. */
export class TokenSettings {
  @Int(
    200_000,
    'Ephemeral tokens that may be alive at once; above it issuing answers 503 token_cache_full.',
    { min: 1, max: 10_000_000, unit: 'tokens' },
  )
  VX11_TOKEN_CACHE_MAX: number;

  @Int(
    256 * MIB,
    'Bytes of memory that live ephemeral tokens may take on one instance, filters included; above it issuing answers 503 token_cache_full. One principal may use three quarters of this and of VX11_TOKEN_CACHE_MAX.',
    { min: MIB, max: 64 * 1024 * MIB, unit: 'bytes' },
  )
  VX11_TOKEN_CACHE_BYTES: number;

  @List(
    '',
    'Secret keys for token hashes, client bindings and grants in Redis, the current one first, then previous ones; each of at least 32 characters, the same on every instance. Required with Redis in production. Make one with: openssl rand -base64 32',
    { secret: true },
  )
  VX11_TOKEN_KEYS: string[];

  @Text(undefined, 'File with these keys, one a line, instead of VX11_TOKEN_KEYS.', {
    example: '/etc/vx11/token-keys',
  })
  VX11_TOKEN_KEYS_FILE: string | undefined;

  @OneOf(
    ['allow', 'same-client', 'deny'],
    'same-client',
    'Who may use an ephemeral token again inside its 60 seconds.',
  )
  VX11_SSE_TOKEN_REUSE: 'allow' | 'same-client' | 'deny';

  @OneOf(
    ['any', 'header', 'off'],
    'any',
    'Where a principal token may stand on the stream: header and query, header only, nowhere.',
  )
  VX11_SSE_PRINCIPAL_FALLBACK: 'any' | 'header' | 'off';
}
