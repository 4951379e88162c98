import { between, type Random } from '../../chaos/random.js';
import { HOSTILE_BODIES, HOSTILE_TEXTS } from '../../support/hostile-inputs.js';

/** One request, well-formed as HTTP; everything else about it may be wrong. */
export interface FuzzRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What the system under test has, and what a caller may hold. */
export interface Known {
  /** Method and path of each operation, with `{name}` for parameters. */
  readonly operations: readonly (readonly [method: string, path: string])[];
  /** Principal tokens that are valid. */
  readonly principals: readonly string[];
  /** Ephemeral tokens, positions, stream ids and others from earlier answers; grows. */
  readonly seen: readonly string[];
}

const one = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)] as T;
const HOSTILE = [...Object.values(HOSTILE_TEXTS), ...Object.values(HOSTILE_BODIES)];
const WORDS = [
  '',
  '0',
  '-1',
  '1',
  '999999999999999999999',
  '1e400',
  '0x10',
  'true',
  'null',
  'NaN',
  'constructor',
  '__proto__',
  'toString',
  'ana',
  'made-1',
  'made-2',
  '.',
  '..',
  '%00',
  '%2e%2e%2f',
  '%ff',
  '%',
  '*',
  'a,b,,c',
  '2026-01-01T00:00:00Z',
  '9999-99-99',
  '1767225600000-0',
  '18446744073709551615-18446744073709551615',
  'critical',
  'vx11.*',
  'x-vx11-token',
  '\u00e9\u00ff',
  '<script>alert(1)</script>',
  '${jndi:ldap://x}',
  "' OR 1=1 --",
  '\\',
  '"',
  '`',
];
const PARAMETERS = [
  'token',
  'limit',
  'before',
  'after',
  'since',
  'until',
  'severity',
  'module',
  'type',
  'source',
  'subject',
  'correlationid',
  'q',
  'by',
  'buckets',
  'follow',
  'lastEventId',
  'action',
  'actor',
  'result',
  'address',
  'confirm',
  'filter[module]',
  'constructor',
];
const MEMBERS = [
  'filter',
  'sse_token',
  'id',
  'scopes',
  'expires_at',
  'grace_seconds',
  'token_sha256',
  'comment',
  'rate_limit',
  'code',
  'text',
  'state',
  'event_type',
  'module',
  'severity',
  'summary',
  'payload',
  'specversion',
  'source',
  'type',
  'data',
  'data_base64',
  'time',
  'version',
  'alerts',
  'labels',
  'status',
  '__proto__',
  'constructor',
];
const MEDIA = [
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'application/cloudevents+json',
  'application/cloudevents-batch+json',
  'text/plain',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'a/b; c="',
];
/** A long text costs much and finds little more than a short one. */
const LONG = 0.01;

function text(random: Random, known: Known): string {
  const chance = random();
  if (chance < LONG) return one(random, HOSTILE)(between(random, 1_000, 40_000));
  if (chance < 0.1) return one(random, known.principals);
  if (chance < 0.25 && known.seen.length > 0) return one(random, known.seen);
  if (chance < 0.35) {
    return Array.from({ length: between(random, 1, 12) }, () =>
      String.fromCharCode(between(random, 0, 0x2ff)),
    ).join('');
  }
  return one(random, WORDS);
}

/** JSON of any shape, often with members that the product knows. */
function json(random: Random, known: Known, depth = 0): string {
  const chance = random();
  if (depth > 3 || chance < 0.35) return JSON.stringify(text(random, known));
  if (chance < 0.5) {
    return one(random, ['0', '-0', '1e400', '1.5', '12345678901234567890', 'true', 'null', '[]']);
  }
  const length = between(random, 0, 4);
  if (chance < 0.65) {
    return `[${Array.from({ length }, () => json(random, known, depth + 1)).join(',')}]`;
  }
  const member = () => `${JSON.stringify(one(random, MEMBERS))}:${json(random, known, depth + 1)}`;
  return `{${Array.from({ length }, member).join(',')}}`;
}

const SENSIBLE = [
  '{"filter":{"severity":["critical"]}}',
  '{"event_type":"fuzz.event","module":"fuzz","severity":"info","summary":"s"}',
  '{"specversion":"1.0","id":"1","source":"/fuzz","type":"fuzz.event","data":{"a":1}}',
  '{"version":"4","receiver":"r","alerts":[{"status":"firing","labels":{"alertname":"A"}}]}',
  '{"id":"made-1","scopes":["events:read"]}',
  '{"id":"made-2","scopes":["events:publish"],"filter":{"module":["shop"]}}',
];

function body(random: Random, known: Known): string {
  const chance = random();
  if (chance < 0.3) return one(random, SENSIBLE);
  if (chance < 0.4) {
    // Somewhere inside, something else.
    const sane = one(random, SENSIBLE);
    const at = between(random, 0, sane.length);
    // Glued to other letters a token is no word, and no hash finds it (docs/reference/redaction.md).
    return `${sane.slice(0, at)} ${text(random, known)} ${sane.slice(at + between(random, 0, 3))}`;
  }
  if (chance < 0.42)
    return one(random, ['', '{', '[[[[', '\ufeff{}', 'null', '"', '{"a":1}{"b":2}']);
  return json(random, known);
}

/** Header values cannot hold everything: that is the other fuzzer's part. */
const inHeader = (value: string): string =>
  value.replaceAll(/[^\t\u0020-\u007e\u0080-\u00ff]/g, '').slice(0, 4_000);

function headers(random: Random, known: Known): Record<string, string> {
  const all: Record<string, string> = {};
  const chance = random();
  if (chance < 0.75) all['x-vx11-token'] = one(random, known.principals);
  else if (chance < 0.8) all['authorization'] = `Bearer ${inHeader(text(random, known))}`;
  else if (chance < 0.84) all['authorization'] = inHeader(text(random, known));
  else if (chance < 0.88) all['x-vx11-token'] = inHeader(text(random, known));
  const more: readonly (readonly [string, () => string])[] = [
    ['x-correlation-id', () => text(random, known)],
    ['last-event-id', () => text(random, known)],
    ['accept', () => one(random, ['*/*', 'text/event-stream', 'application/json', 'x', ''])],
    ['accept-encoding', () => 'gzip, br'],
    ['cookie', () => `vx11_session=${text(random, known)}; vx11_stream=${text(random, known)}`],
    ['origin', () => one(random, ['null', 'http://127.0.0.1', 'https://evil.example'])],
    ['sec-fetch-site', () => one(random, ['same-origin', 'cross-site', 'none', 'x'])],
    ['x-forwarded-for', () => text(random, known)],
    ['traceparent', () => text(random, known)],
    ['dpop', () => text(random, known)],
    ['user-agent', () => text(random, known)],
    ['ce-specversion', () => '1.0'],
    ['ce-type', () => text(random, known)],
    ['ce-id', () => text(random, known)],
    ['ce-source', () => text(random, known)],
    ['if-none-match', () => '*'],
    ['range', () => 'bytes=0-1'],
  ];
  for (const [name, value] of more) if (random() < 0.08) all[name] = inHeader(value());
  return all;
}

const NOT_OURS = ['OPTIONS', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'GET', 'POST'];
const ELSEWHERE = [
  '/',
  '/operator/api',
  '/operator/api/',
  '/operator/ui/',
  '/operator/ui/assets/x.js',
  '/madre/x',
  '/internal/revocations/stream',
  '/docs',
  '/metrics',
  '/operator/api//events',
  '/operator/api/%65vents',
  '/.env',
];

/** The same sequence for the same random numbers and the same answers. */
export function makeRequest(random: Random, known: Known): FuzzRequest {
  const [itsMethod, template] = one(random, known.operations);
  const isElsewhere = random() < 0.08;
  const path = isElsewhere ? one(random, ELSEWHERE) : template;
  const filled = path.replaceAll(/\{\w+\}/g, () =>
    encodeURIComponent(wellFormed(text(random, known))),
  );
  const query = Array.from({ length: random() < 0.5 ? between(random, 1, 3) : 0 }, () => {
    const value = wellFormed(text(random, known)).slice(0, 6_000);
    return `${one(random, PARAMETERS)}=${random() < 0.8 ? encodeURIComponent(value) : inPath(value)}`;
  });
  const method = random() < 0.1 ? one(random, NOT_OURS) : itsMethod;
  const hasBody = !['GET', 'HEAD'].includes(method) && random() < 0.9;
  return {
    method,
    path: inPath(query.length > 0 ? `${filled}?${query.join('&')}` : filled).slice(0, 12_000),
    headers: {
      ...headers(random, known),
      ...(hasBody
        ? { 'content-type': random() < 0.7 ? (MEDIA[0] as string) : one(random, MEDIA) }
        : {}),
    },
    body: hasBody ? body(random, known) : undefined,
  };
}

const wellFormed = (value: string): string => value.toWellFormed();
const inPath = (value: string): string => value.replaceAll(/[^\u0021-\u007e]/g, '');
