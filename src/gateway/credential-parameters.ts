/** Query parameters that some server reads as a credential (RFC 6750, section 2.3, and ours). */
const NAMES = new Set([
  'token',
  'accesstoken',
  'ssetoken',
  'idtoken',
  'refreshtoken',
  'principaltoken',
  'xvx11token',
  'vx11token',
  'authorization',
]);

/** How many times a value is decoded: servers on its way may have encoded it repeatedly. */
const MOST_DECODINGS = 4;

/**
 * Removes from the target all query parameters that could be read as a credential, in
 * any spelling: `token`, `TOKEN`, `tok%65n`, `token[]`, `access_token`, …, and every
 * parameter whose value is the credential itself. All other bytes stay as they are.
 * @param credential the token that authenticated the request
 */
export function withoutCredentials(target: string, credential: string | undefined): string {
  const start = target.indexOf('?');
  if (start < 0) return target;
  const kept = target
    .slice(start + 1)
    .split('&')
    .filter((parameter) => !parameter.split(';').some((part) => isCredential(part, credential)));
  const path = target.slice(0, start);
  return kept.length === 0 || (kept.length === 1 && kept[0] === '')
    ? path
    : `${path}?${kept.join('&')}`;
}

function isCredential(parameter: string, credential: string | undefined): boolean {
  const decoded = decode(parameter);
  const equals = decoded.indexOf('=');
  const name = equals < 0 ? decoded : decoded.slice(0, equals);
  const bare = name
    .toLowerCase()
    .replace(/\[.*$/s, '')
    .replace(/[^a-z0-9]/g, '');
  if (NAMES.has(bare)) return true;
  return credential !== undefined && credential !== '' && decoded.includes(credential);
}

/** Decoded until nothing changes: a service behind the gateway may decode twice. */
function decode(text: string): string {
  let decoded = text.replaceAll('+', ' ');
  for (let times = 0; times < MOST_DECODINGS && decoded.includes('%'); times += 1) {
    const next = decoded.replace(/%([0-9a-f]{2})/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
    if (next === decoded) break;
    decoded = next;
  }
  return decoded;
}
