/**
 * The one place that takes secrets out of text on its way out: logs, problem
 * bodies, events, crash output.
 *
 * Four shapes are secrets wherever they stand: the value of a `token` query
 * parameter, the value of an authorization header, a JSON Web Token, and the
 * value of a field whose name says so. On top, principal tokens that the
 * configuration names in clear are masked literally (`registerSecret`), and in
 * URLs every UUID, because an ephemeral token is one.
 */
const MASK = '***';

const PATTERNS: ReadonlyArray<readonly [RegExp, string]> = [
  // Also behind a percent-encoded `?` or `&`: a URL that stands inside another one.
  [/((?:^|[^a-z0-9]|%3f|%26)(?:access_|sse_|id_|refresh_)?token=)[^&#\s"'<>\\]*/gi, `$1${MASK}`],
  [/(\bbearer\s+)[^\s"'\\,]+/gi, `$1${MASK}`],
  [/(\bbasic\s+)[a-z0-9+/]{8,}=*/gi, `$1${MASK}`],
  [/(x-vx11-token\\*["']?\s*[:=,]\s*\\*["']?)[^\s"'\\,}\]]+/gi, `$1${MASK}`],
  // JSON inside a text; the same escaped once more; and as util.inspect writes it.
  [/("(?:access_|sse_|id_|refresh_)?token"\s*:\s*")(?:[^"\\]|\\.)*/gi, `$1${MASK}`],
  [/(\\+"(?:access_|sse_|id_|refresh_)?token\\+"\s*:\s*\\+")[^"\\]*/gi, `$1${MASK}`],
  [/((?:\b|_)token'?\s*:\s*')[^']*/gi, `$1${MASK}`],
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, MASK],
];
const SUSPICIOUS = /token|bearer|basic|eyJ|password|secret|cookie|authorization/i;
const UUIDS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const SECRET_NAMES =
  /^(?:authorization|proxy-authorization|cookie|set-cookie|x-vx11-token|(?:access_?|sse_?|id_?|refresh_?|principal_?)?token|password|secret|client_?secret)$/i;

const literals = new Set<string>();

/** Masks this literal from now on in everything that leaves the process. */
export function registerSecret(secret: string): void {
  if (secret.length >= 8) literals.add(secret);
}

export function redactText(text: string): string {
  let out = text;
  if (SUSPICIOUS.test(out)) {
    for (const [pattern, replacement] of PATTERNS) out = out.replace(pattern, replacement);
  }
  for (const literal of literals) {
    if (out.includes(literal)) out = out.replaceAll(literal, MASK);
  }
  return out;
}

/** As `redactText`, and every UUID with it; also when percent-encoded. */
export function redactUrl(url: string): string {
  return redactText(decodeSafely(url)).replace(UUIDS, MASK);
}

/**
 * A copy with every secret masked, in strings, names, arrays, objects and errors
 * alike; what lies deeper than `levels` is left out.
 */
export function redactValue(value: unknown, levels = 8): unknown {
  if (typeof value === 'string') return redactText(value);
  if (value === null || typeof value !== 'object') return value;
  if (levels < 0) return '[deeper]';
  if (value instanceof Error) return redactError(value, levels);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, levels - 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      redactText(name),
      SECRET_NAMES.test(name) && typeof item === 'string' ? MASK : redactValue(item, levels - 1),
    ]),
  );
}

/**
 * JSON of a value that came from JSON, with every secret masked. Masking inside
 * the finished text could break it: a secret may hold an escaped quote, or stand
 * where the text has a number.
 */
export function redactedJson(value: unknown): string {
  const json = JSON.stringify(value);
  const clean = !SUSPICIOUS.test(json) && ![...literals].some((literal) => holds(json, literal));
  return clean ? json : JSON.stringify(redactValue(value, Infinity));
}

/** As `redactedJson`, for JSON that is finished. */
export function redactJson(json: string): string {
  const clean = !SUSPICIOUS.test(json) && ![...literals].some((literal) => holds(json, literal));
  return clean ? json : JSON.stringify(redactValue(JSON.parse(json), Infinity));
}

function holds(json: string, literal: string): boolean {
  return json.includes(JSON.stringify(literal).slice(1, -1));
}

function redactError(error: Error, levels: number): Record<string, unknown> {
  return {
    type: error.name,
    message: redactText(error.message),
    stack: redactText(error.stack ?? ''),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, levels - 1) }),
  };
}

/** Only unreserved characters can hide a token; what does not decode stays as it is. */
function decodeSafely(url: string): string {
  return url.replace(/%([2-7][0-9a-f])/gi, (whole, hex: string) => {
    const char = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9._~=-]/.test(char) ? char : whole;
  });
}
