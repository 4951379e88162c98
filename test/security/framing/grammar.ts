import { between, choose, type Random } from '../../chaos/random.js';
import { hidden, oddities, pick, withChunks, withLength, type Draft } from './oddities.js';
import { ID } from './recorder.js';

/** What one connection sends. */
export interface Script {
  readonly bytes: Buffer;
  /** Where the bytes are cut into pieces that are sent one after the other. */
  readonly cuts: readonly number[];
  /** How many requests of it were written without an oddity, from the first on. */
  readonly plain: number;
}

const TARGETS = [
  '/operator/api/x',
  '/operator/api/events/stream?a=b',
  '/operator/ui/x.js',
  '/madre/x',
  '/hermes/',
  '/switch?x=1',
];

function written({ method, target, version, fields, body, bytes }: Draft): string {
  if (bytes !== undefined) return bytes;
  const lines = fields.map((field) => (field.startsWith('RAW') ? field.slice(3) : `${field}\r\n`));
  return `${method} ${target} HTTP/${version}\r\n${lines.join('')}\r\n${body}`;
}

/** @param token of a principal, for the routes that need one */
export function makeScript(random: Random, number: number, token: string): Script {
  const parts: string[] = [];
  let plain = 0;
  let odd = false;
  const length = between(random, 1, 5);
  for (let index = 0; index < length; index += 1) {
    const draft: Draft = {
      id: `${number}.${index}`,
      random,
      method: 'GET',
      target: pick(random, TARGETS),
      version: '1.1',
      fields: ['Host: a', `${ID}: ${number}.${index}`, `X-VX11-Token: ${token}`],
      body: '',
    };
    if (random() < 0.5) {
      draft.method = pick(random, ['POST', 'PUT', 'PATCH']);
      const body = pick(random, [
        '',
        'hello',
        hidden(draft),
        '0\r\n\r\n',
        '\r\n\r\n',
        'x'.repeat(300),
      ]);
      (random() < 0.6 ? withLength : withChunks)(draft, body);
    } else {
      draft.method = pick(random, ['GET', 'GET', 'HEAD', 'DELETE', 'OPTIONS']);
    }
    for (let count = random() < 0.45 ? between(random, 1, 2) : 0; count > 0; count -= 1) {
      odd = true;
      choose(random, oddities).apply(draft);
    }
    if (!odd) plain += 1;
    parts.push(written(draft));
  }
  return cutUp(random, Buffer.from(parts.join(''), 'latin1'), plain);
}

/** Splits the bytes into pieces; one connection in eight ends early. */
function cutUp(random: Random, whole: Buffer, plain: number): Script {
  const early = random() < 0.125;
  const bytes = early ? whole.subarray(0, between(random, 1, whole.length)) : whole;
  const cuts =
    random() < 0.5 ? [] : [between(random, 1, bytes.length), between(random, 1, bytes.length)];
  return { bytes, cuts: cuts.toSorted((a, b) => a - b), plain: early ? 0 : plain };
}
