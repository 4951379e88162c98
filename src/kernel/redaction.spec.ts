import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { redactedJson, redactText, redactUrl, redactValue, registerSecret } from './redaction.js';

const text = fc.string({ unit: 'binary', maxLength: 60 });
const uuid = fc.uuid({ version: 4 });
/** As it may stand in a header: no spaces, quotes or separators. */
const opaque = fc.stringMatching(/^[A-Za-z0-9._~+/-]{16,48}$/);
const jwt = fc
  .tuple(
    fc.stringMatching(/^[\w-]{8,20}$/),
    fc.stringMatching(/^[\w-]{8,20}$/),
    fc.stringMatching(/^[\w-]{8,20}$/),
  )
  .map(([head, body, signature]) => `eyJ${head}.${body}.${signature}`);
/** What ends a word, so that the secret stands by itself. */
const edge = fc.constantFrom('', ' ', '\n', '"', "'", '&', '#', '<', '>');

describe('redaction of text', () => {
  it('masks a registered secret anywhere in any text', () => {
    const secret = 'kQ9_registered-literal';
    registerSecret(secret);
    fc.assert(
      fc.property(text, text, (before, after) => {
        expect(redactText(`${before}${secret}${after}`)).not.toContain(secret);
      }),
    );
  });

  it('does not register what is too short to be told from ordinary words', () => {
    registerSecret('event');
    expect(redactText('one event')).toBe('one event');
  });

  it.each(['?token=', '&token=', ' token=', 'token=', '?access_token=', '&sse_token='])(
    'masks the value of %s in any text',
    (name) => {
      fc.assert(
        fc.property(text, opaque, edge, (before, token, after) => {
          const start = name === 'token=' ? '' : before;
          expect(redactText(`${start}${name}${token}${after}`)).not.toContain(token);
        }),
      );
    },
  );

  it.each(['Authorization: Bearer ', 'authorization: bearer ', 'X-VX11-Token: ', 'x-vx11-token='])(
    'masks what follows %s in any text',
    (header) => {
      fc.assert(
        fc.property(text, opaque, edge, (before, token, after) => {
          expect(redactText(`${before}\n${header}${token}${after}`)).not.toContain(token);
        }),
      );
    },
  );

  it('masks a JSON Web Token wherever it stands by itself', () => {
    fc.assert(
      fc.property(text, edge, jwt, edge, text, (before, left, token, right, after) => {
        expect(redactText(`${before} ${left}${token}${right} ${after}`)).not.toContain(token);
      }),
    );
  });

  it('masks tokens in JSON, in JSON inside JSON, and in what util.inspect prints', () => {
    fc.assert(
      fc.property(fc.oneof(uuid, opaque), (token) => {
        const json = JSON.stringify({ sse_token: token, expires_in_sec: 60 });
        expect(redactText(json)).toBe('{"sse_token":"***","expires_in_sec":60}');
        expect(redactText(JSON.stringify({ body: json }))).not.toContain(token);
        expect(redactText(JSON.stringify(JSON.stringify({ body: json })))).not.toContain(token);
        expect(redactText(inspect({ sse_token: token }))).not.toContain(token);
      }),
    );
  });

  it('leaves ordinary text as it is', () => {
    for (const ordinary of [
      'the event log answers again',
      'POST /operator/api/events/sse-token issues one',
      `correlation ${randomUUID()}`,
      'tokens: 5',
    ]) {
      expect(redactText(ordinary)).toBe(ordinary);
    }
  });
});

describe('redaction of URLs', () => {
  const encoded = (token: string) =>
    fc.array(fc.boolean(), { minLength: token.length, maxLength: token.length }).map((which) =>
      Array.from(token)
        .map((char, index) =>
          which[index] ? `%${char.charCodeAt(0).toString(16).padStart(2, '0')}` : char,
        )
        .join(''),
    );

  it('masks an ephemeral token in any place of a URL, however it is percent-encoded', () => {
    fc.assert(
      fc.property(
        uuid.chain((token) => fc.tuple(fc.constant(token), encoded(token))),
        fc.constantFrom('/a/', '/a?token=', '/a?x=1&lastEventId=', '/a?', '/a?b=%2Fc%3Ftoken%3D'),
        fc.constantFrom('', '/b', '&x=1', '#x'),
        ([token, spelling], before, after) => {
          const out = redactUrl(`${before}${spelling}${after}`);
          expect(decodeURIComponent(out)).not.toContain(token);
        },
      ),
    );
  });

  it('masks any token in ?token=, also when the name is encoded or the URL stands in another', () => {
    fc.assert(
      fc.property(opaque, (token) => {
        for (const url of [
          `/s?token=${token}`,
          `/s?%74oken=${token}`,
          `/s?TOKEN=${token}`,
          `/s?severity=info&token=${encodeURIComponent(token)}&x=1`,
          `/login?next=${encodeURIComponent(`/s?token=${token}`)}`,
          `/login?next=${encodeURIComponent(`/s?a=b&token=${token}`)}`,
        ]) {
          expect(decodeURIComponent(redactUrl(url))).not.toContain(token);
        }
      }),
    );
  });

  it('leaves a URL without a secret as it is', () => {
    const url = '/operator/api/events?type=vx11.security.*&after=1767225600000-0&module=a%20b';
    expect(redactUrl(url)).toBe(url);
    expect(redactUrl('/%zz%')).toBe('/%zz%');
  });
});

describe('redaction of values', () => {
  it('masks fields whose name says that they are secret, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(
          'authorization',
          'X-VX11-Token',
          'token',
          'sse_token',
          'principalToken',
          'cookie',
          'password',
          'client_secret',
        ),
        fc.string({ minLength: 1, unit: 'binary' }),
        (name, secret) => {
          expect(redactValue({ deep: [{ [name]: secret }] })).toEqual({
            deep: [{ [name]: '***' }],
          });
        },
      ),
    );
  });

  it('reads names, errors and their causes as well', () => {
    const token = randomUUID();
    const cause = new Error(`GET /s?token=${token}`);
    const error = new Error(`failed: Bearer ${token}`, { cause });
    const out = JSON.stringify(redactValue({ error, [`?token=${token}`]: 1 }));
    expect(out).not.toContain(token);
    expect(out).toContain('failed: Bearer ***');
  });

  it('bounds what it copies, so that a log line is never endless', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(JSON.stringify(redactValue(circle))).toContain('[deeper]');
  });
});

describe('redacted JSON', () => {
  it('is the same JSON when there is no secret in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(redactedJson({ value }))).toEqual(JSON.parse(JSON.stringify({ value })));
      }),
    );
  });

  it('stays valid JSON whatever stands in a secret field, and keeps the rest', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('token', 'sse_token', 'x-vx11-token', 'authorization', 'note'),
        fc.oneof(fc.jsonValue(), fc.string({ unit: 'binary' }), fc.constant('a" \\"token":"b')),
        text,
        (name, value, bearer) => {
          const out = JSON.parse(
            redactedJson({ [name]: value, said: `Bearer ${bearer}`, kept: 1 }),
          ) as { kept: number };
          expect(out.kept).toBe(1);
        },
      ),
    );
  });

  it('masks a secret with an escaped quote as a whole', () => {
    expect(redactedJson({ token: 'abc"def', n: 1 })).toBe('{"token":"***","n":1}');
  });

  it('masks a registered secret that JSON writes differently', () => {
    registerSecret('quote"and\\backslash');
    expect(redactedJson({ said: 'it is quote"and\\backslash' })).toBe('{"said":"it is ***"}');
  });

  it('masks at any depth', () => {
    const token = randomUUID();
    let value: unknown = { token };
    for (let level = 0; level < 60; level += 1) value = [value];
    expect(redactedJson(value)).not.toContain(token);
  });
});
