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

/** As often as a value may have been encoded by servers on its way. */
const MOST_DECODINGS = 4;

/**
 * The target without the query parameters that could be read as a credential, in
 * whatever spelling: `token`, `TOKEN`, `tok%65n`, `token[]`, `access_token`, …, and
 * without any whose value is the credential itself. All else stays byte for byte.
 * @param credential what authenticated the request
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
