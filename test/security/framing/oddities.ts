import { between, type Random } from '../../chaos/random.js';
import { ID } from './recorder.js';

/** One request while it is made up; `oddities` write into it. */
export interface Draft {
  readonly id: string;
  readonly random: Random;
  method: string;
  target: string;
  version: string;
  fields: string[];
  body: string;
  /** Written in place of all of the above. */
  bytes?: string;
}

/** Names that must never be dropped by way of `Connection`, and a few that may. */
const NAMED =
  'content-length Content-Length transfer-encoding host Host expect authorization cookie x-vx11-token X-VX11-Principal x-forwarded-for x-forwarded-proto x-real-ip forwarded content-type close keep-alive upgrade te trailer x-hop proxy-connection'.split(
    ' ',
  );

const LENGTHS = [
  '+5',
  '-1',
  '0x5',
  '5 5',
  '5, 5',
  '5,',
  '005',
  '',
  '5;',
  '５',
  '18446744073709551621',
];
const CODINGS = ['Chunked', 'xchunked', 'chunked, chunked', 'gzip, chunked', 'chunked;q=1'].concat([
  'identity',
  '"chunked"',
  'chunked,',
  '\tchunked',
  ' chunked ',
  'chunked\x0b',
]);
const EXPECTATIONS = ['100-continue', '100-Continue', 'foo', '100-continue, foo', '', '200-ok'];
const METHODS = [
  'TRACE',
  'QUERY',
  'SOURCE',
  'PURGE',
  'get',
  'GE T',
  'CONNECT',
  'PRI',
  'POST\t',
  'M-SEARCH',
];
const CHUNK_ENDS = [';a=b', ';a="b"', ';a="\r\n"', ' ', ';', ';\x00', '\n', ' ;a', ';a=b\nc', 'g'];
const TRAILERS = [
  'X-T: 1',
  'Content-Length: 7',
  'Host: b',
  'X-VX11-Token: t',
  'Transfer-Encoding: chunked',
  'bad',
  ' fold',
];
const LINES = [
  'X-A: b\n',
  'X-A: b\r',
  'X-A: b\0c\r\n',
  'X-A: b\r\n c\r\n',
  ' X-A: b\r\n',
  'X-A : b\r\n',
  ': b\r\n',
  'X-A\r\n',
  'X A: b\r\n',
  'X-A: \x01\r\n',
  'X-Ä: b\r\n',
];

export const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)] as T;

function chunked(random: Random, body: string): string {
  let left = body;
  let text = '';
  while (left !== '') {
    const piece = left.slice(0, between(random, 1, left.length));
    left = left.slice(piece.length);
    text += `${piece.length.toString(16)}\r\n${piece}\r\n`;
  }
  return `${text}0\r\n\r\n`;
}

/** A body that would be a request if it were read as one. */
export function hidden(draft: Draft): string {
  return `GET /operator/api/hidden HTTP/1.1\r\nHost: a\r\n${ID}: ${draft.id}-hidden\r\n\r\n`;
}

export function withLength(draft: Draft, body: string): void {
  draft.body = body;
  draft.fields.push(`Content-Length: ${body.length}`);
}

export function withChunks(draft: Draft, body: string): void {
  draft.body = chunked(draft.random, body);
  draft.fields.push('Transfer-Encoding: chunked');
}

/** Takes out the fields of this name. */
function without(draft: Draft, name: string): void {
  draft.fields = draft.fields.filter((field) => !field.toLowerCase().startsWith(`${name}:`));
}

/** What can be odd about a request, and how often. */
export const oddities: { weight: number; apply(draft: Draft): void }[] = [
  {
    // Names in Connection, spelt in many ways, on one line or on several.
    weight: 6,
    apply(draft) {
      const { random } = draft;
      const names = Array.from({ length: between(random, 1, 3) }, () => pick(random, NAMED));
      const separator = pick(random, [', ', ',', ' ,\t', ',,', '\r\nConnection: ', ' ', ';']);
      const line = `Connection: ${names.join(separator)}`;
      draft.fields.splice(between(random, 0, draft.fields.length), 0, line);
    },
  },
  {
    // A body where the method has none.
    weight: 5,
    apply(draft) {
      draft.method = pick(draft.random, ['GET', 'HEAD', 'DELETE', 'OPTIONS']);
      without(draft, 'content-length');
      without(draft, 'transfer-encoding');
      (draft.random() < 0.6 ? withLength : withChunks)(draft, hidden(draft));
    },
  },
  {
    // A field twice.
    weight: 4,
    apply(draft) {
      const { random } = draft;
      const again = [
        'Host: b',
        'Host: a',
        'Content-Length: 0',
        'Content-Length: 5',
        'Transfer-Encoding: chunked',
        'Authorization: Bearer x',
        'X-VX11-Token: x',
        'Content-Type: text/plain',
        'Expect: 100-continue',
        'Cookie: a=b',
      ];
      draft.fields.splice(between(random, 0, draft.fields.length), 0, pick(random, again));
    },
  },
  {
    weight: 3,
    apply(draft) {
      without(draft, 'content-length');
      draft.fields.push(`Content-Length: ${pick(draft.random, LENGTHS)}`);
      draft.body = pick(draft.random, ['hello', hidden(draft), '']);
    },
  },
  {
    weight: 3,
    apply(draft) {
      const { random } = draft;
      without(draft, 'transfer-encoding');
      const name = pick(random, [
        'Transfer-Encoding',
        'transfer-encoding',
        'Transfer_Encoding',
        'Transfer-Encoding ',
      ]);
      draft.fields.push(`${name}: ${pick(random, CODINGS)}`);
      draft.body = chunked(random, pick(random, ['hello', hidden(draft)]));
      draft.method = pick(random, ['POST', 'GET', 'PUT']);
    },
  },
  {
    // A length that is not the body's.
    weight: 3,
    apply(draft) {
      without(draft, 'content-length');
      without(draft, 'transfer-encoding');
      draft.method = 'POST';
      withLength(draft, hidden(draft));
      draft.body += pick(draft.random, [
        hidden({ ...draft, id: `${draft.id}-more` }),
        'x',
        '\r\n',
        '\0',
      ]);
    },
  },
  {
    weight: 3,
    apply(draft) {
      const { random } = draft;
      draft.fields.push(`Upgrade: ${pick(random, ['h2c', 'websocket', 'TLS/1.0', 'h2c, foo'])}`);
      draft.fields.push(
        `Connection: ${pick(random, ['Upgrade', 'Upgrade, HTTP2-Settings', 'keep-alive'])}`,
      );
      if (random() < 0.3) draft.fields.push('HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA');
    },
  },
  {
    weight: 2,
    apply(draft) {
      draft.fields.push(`Expect: ${pick(draft.random, EXPECTATIONS)}`);
    },
  },
  {
    weight: 2,
    apply(draft) {
      draft.method = pick(draft.random, METHODS);
    },
  },
  {
    weight: 2,
    apply(draft) {
      draft.version = pick(draft.random, ['1.0', '2.0', '0.9', '1.2', '1.1 ', '11', '3.0']);
    },
  },
  {
    // Odd line ends, folding, control characters.
    weight: 4,
    apply(draft) {
      draft.fields.splice(
        between(draft.random, 0, draft.fields.length),
        0,
        `RAW${pick(draft.random, LINES)}`,
      );
    },
  },
  {
    weight: 3,
    apply(draft) {
      const { random } = draft;
      const body = pick(random, ['hello', hidden(draft)]);
      const size = pick(random, [
        body.length.toString(16),
        `0${body.length.toString(16)}`,
        body.length.toString(16).toUpperCase(),
        '-1',
        'fffffffffffffffff',
        '0x5',
        '',
      ]);
      const trailer = random() < 0.5 ? `${pick(random, TRAILERS)}\r\n` : '';
      const end = random() < 0.5 ? pick(random, CHUNK_ENDS) : '';
      without(draft, 'content-length');
      without(draft, 'transfer-encoding');
      draft.method = 'POST';
      draft.fields.push('Transfer-Encoding: chunked');
      draft.body = `${size}${end}\r\n${body}${pick(random, ['\r\n', '\r\n', '\r\n', '\n', ''])}0\r\n${trailer}\r\n`;
    },
  },
  {
    weight: 1,
    apply(draft) {
      const { random } = draft;
      without(draft, 'host');
      const host = pick(random, [
        '',
        'a b',
        'a,b',
        'a@b',
        'a/b',
        '[::1]:80',
        '[::1',
        'a:b',
        'a:80:80',
        'ä',
        'a#b',
        'a?b',
      ]);
      if (random() < 0.8) draft.fields.push(`Host: ${host}`);
    },
  },
  {
    weight: 1,
    apply(draft) {
      draft.target = pick(draft.random, [
        '*',
        'http://a/operator/api/x',
        '//a/x',
        '/operator/api/../x',
        '/operator/api/%2e%2e/x',
        '/operator/api/x#y',
        '/operator/ui/\\x',
        '/operator/api/x y',
        'a:80',
      ]);
    },
  },
  {
    weight: 1,
    apply(draft) {
      draft.bytes = pick(draft.random, [
        'hello\r\n\r\n',
        '\r\n\r\n',
        '\n',
        '\0\0\0\0',
        '\x16\x03\x01\x02\x00\x01\x00',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'GET /operator/api/x\r\n\r\n',
      ]);
    },
  },
];
