import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import {
  holdsCredential,
  redactedJson,
  redactJson,
  redactText,
  redactUrl,
  redactValue,
  registerCredentialHash,
  registerCredentialLookup,
  registerSecret,
} from './redaction.js';
import { sha256 } from './ids.js';

const text = fc.string({ unit: 'binary', maxLength: 60 });
const uuid = fc.uuid({ version: 4 });
/** A credential as a header can contain it: no spaces, quotes or separators. */
const opaque = fc.stringMatching(/^[A-Za-z0-9._~+/-]{16,48}$/);
const jwt = fc
  .tuple(
    fc.stringMatching(/^[\w-]{8,20}$/),
    fc.stringMatching(/^[\w-]{8,20}$/),
    fc.stringMatching(/^[\w-]{8,20}$/),
  )
  .map(([head, body, signature]) => `eyJ${head}.${body}.${signature}`);
/** Characters that end a word, so that the secret is a word of its own. */
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

  it('does not register a secret so short that ordinary words could contain it', () => {
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

  it.each(['X-VX11-Token: ', 'Authorization: '])(
    'takes no credential after %s for a scheme',
    (header) => {
      expect(redactText(`${header}aaaaAaAaaa--aaaa and more`)).toBe(`${header}*** and more`);
      expect(redactText(`${header}Bearer aaaaAaAaaa--aaaa`)).toBe(`${header}Bearer ***`);
    },
  );

  it('masks a JSON Web Token wherever it is a word of its own', () => {
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

describe('a credential', () => {
  const JWT = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbmEifQ.c2lnbmF0dXJl';

  it.each([
    'Basic authentication failed for user bob',
    'Bearer authentication is required here',
    'bearer of bad news, basic information-technology',
    'Authorization: denied for user bob',
    'the basic unauthorized/forbidden-request',
    'Send a principal token in X-VX11-Token, or in Authorization as Bearer.',
    'tokenizer=fast, tokens=5, page_token=abc, key=5',
    'the token: missing; password: required',
  ])('is not seen in prose: %s', (prose) => {
    expect(redactText(prose)).toBe(prose);
    expect(redactJson(JSON.stringify({ prose }))).toBe(JSON.stringify({ prose }));
  });

  it.each([
    [`Bearer ${JWT}`, 'Bearer ***'],
    ['Basic dXNlcjpwYXNz', 'Basic ***'],
    ['Basic YTpi', 'Basic ***'],
    ['bearer 0123456789abcdef01', 'bearer ***'],
    ['Authorization: Token abcdefghijklmnopq', 'Authorization: Token ***'],
    ["{ 'x-vx11-token': 'short1' }", "{ 'x-vx11-token': '***' }"],
    [`"authorization":"Bearer ${JWT}"`, '"authorization":"***"'],
    ["[ 'Authorization', 'Bearer abcdefghijklmnop' ]", "[ 'Authorization', 'Bearer ***' ]"],
  ])('is masked behind a word of authorization: %s', (text, masked) => {
    expect(redactText(text)).toBe(masked);
  });

  it.each([
    'token',
    'TOKEN',
    'token[]',
    'token%5B%5D',
    'token%255b%255d',
    'token%20',
    'token+',
    '%20token',
    'token%00',
    '%74oken',
    '%2574oken',
    'access_token',
    'access-token',
    'accessToken',
    'filter[token]',
    'x-vx11-token',
    'client_secret',
  ])('is masked as the value of the parameter %s, wherever the URL stands', (name) => {
    const url = `/s?a=1&${name}=s3cr%2526et&b=2`;
    expect(redactUrl(url)).toBe(`/s?a=1&${name}=***&b=2`);
    expect(redactText(`GET https://h.example${url} failed`)).toBe(
      `GET https://h.example/s?a=1&${name}=***&b=2 failed`,
    );
    const outer = `/login?next=${encodeURIComponent(url)}`;
    expect(redactText(outer)).not.toContain('s3cr');
    expect(redactText(`/a?b=${encodeURIComponent(outer)}`)).not.toContain('s3cr');
  });

  describe('that is known by its hash', () => {
    const token = 'k0wn-Pr1ncipal_t0ken-of-a-file';
    const ephemeral = randomUUID();
    const long = 'slash/and+plus/0123456789==';

    beforeAll(() => {
      registerCredentialHash(sha256(token));
      registerCredentialHash(sha256(long).toUpperCase());
      registerCredentialLookup((uuid) => uuid === ephemeral);
    });

    it.each([token, ephemeral, long])('is masked in any text: %#', (secret) => {
      for (const text of [
        secret,
        `${secret}.`,
        `(${secret})`,
        `T=${secret}`,
        `a:${secret},b`,
        `https://h.example/x/${encodeURIComponent(secret)}?y=1`,
        `<a href="${secret}">`,
        JSON.stringify({ note: [secret] }),
        JSON.stringify(JSON.stringify({ note: secret })),
      ]) {
        const out = redactText(text);
        expect(out).not.toContain(secret);
        expect(decodeURIComponent(out)).not.toContain(secret);
        expect(holdsCredential(text)).toBe(true);
      }
      expect(redactText(`one ${secret} two`)).toBe('one *** two');
    });

    it('is overwritten inside base64, which stays base64 of the same length', () => {
      for (const secret of [token, ephemeral, long]) {
        for (const encoding of ['base64', 'base64url'] as const) {
          for (const before of ['', 'x', 'xy', 'xyz ', '{"token": "']) {
            const plain = `${before}${before && ' '}${secret} \u00e9nd`;
            const text = Buffer.from(plain).toString(encoding);
            const out = redactText(text);
            expect(out).toHaveLength(text.length);
            expect(Buffer.from(out, 'base64').toString()).toBe(
              plain.replace(secret, '*'.repeat(secret.length)),
            );
          }
        }
      }
    });

    it('is found where the base64 begins at any character, and in base64 of base64', () => {
      const inner = Buffer.from(`user:${token}`).toString('base64');
      const outer = Buffer.from(`{"auth":"${inner}"}`).toString('base64');
      for (const skip of ['', 'a', 'ab', 'abc']) {
        const decoded = Buffer.from(redactText(skip + inner).slice(skip.length), 'base64');
        expect(decoded.toString()).toBe(`user:${'*'.repeat(token.length)}`);
      }
      const { auth } = JSON.parse(Buffer.from(redactText(outer), 'base64').toString());
      expect(Buffer.from(auth, 'base64').toString()).not.toContain(token);
    });

    it('leaves other tokens of the same shape unmasked', () => {
      const other = [randomUUID(), 'k0wn-Pr1ncipal_t0ken-of-b-file'].join(' ');
      expect(redactText(other)).toBe(other);
    });
  });

  it('is reported in an identifier, because masking could make two identifiers equal', () => {
    expect(['token=a', 'token=b', '/s?token=x'].map(holdsCredential)).toEqual([true, true, true]);
    expect(['a', randomUUID(), '/shop/checkout', 'order-1'].some(holdsCredential)).toBe(false);
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

  it('masks credentials in field names, errors and their causes too', () => {
    const token = randomUUID();
    const cause = new Error(`GET /s?token=${token}`);
    const error = new Error(`failed: Bearer ${token}`, { cause });
    const out = JSON.stringify(redactValue({ error, [`?token=${token}`]: 1 }));
    expect(out).not.toContain(token);
    expect(out).toContain('failed: Bearer ***');
  });

  it('limits the depth of the copy, so that a circular value ends', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    expect(JSON.stringify(redactValue(circle))).toContain('[deeper]');
  });
});

describe('redaction of JSON text', () => {
  it('leaves every byte outside a masked string as it is', () => {
    const kept = String.raw`{ "n":1524831183200260097, "x" : 1e400,"dup":1,"dup":2.50,`;
    const rest = String.raw`"\u0073":"\/\u00E9\n", "__proto__": {"constructor":[ ]} , "token":12 }`;
    expect(redactJson(kept + rest)).toBe(kept + rest);
    const masked = `${kept}"sse_token" : "***", "log":"GET /?token=***",${rest}`;
    const secret = `${kept}"sse_token" : "0123456789abcdef","log":"GET /?token=abc",${rest}`;
    expect(redactJson(secret)).toBe(masked.replace('"***", "log"', '"***","log"'));
  });

  it('decodes escaped names and values before it compares them', () => {
    expect(redactJson(String.raw`{"t\u006fken":"0123456789\u0061bcdef"}`)).toBe(
      String.raw`{"t\u006fken":"***"}`,
    );
    expect(redactJson(String.raw`["Bearer\u0020abcdefghij0123456789"]`)).toBe('["Bearer ***"]');
  });

  it('masks lists of credentials, and no other value of such a name', () => {
    expect(redactJson('{"token":["abcdefgh12345678",{"a":"b","n":1}],"b":["c"]}')).toBe(
      '{"token":["***",{"a":"b","n":1}],"b":["c"]}',
    );
    const plain = '{"token":"hello","cookie":"oatmeal raisin","secret":null,"authorization":true}';
    expect(redactJson(plain)).toBe(plain);
    expect(redactJson('{"password":"hunter2"}')).toBe('{"password":"***"}');
  });

  it('is the same text for any JSON without a credential, however it is written', () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(0, 1, '\t'), (json, indent) => {
        const text = JSON.stringify(JSON.parse(json), null, indent);
        expect(redactJson(text)).toBe(text);
      }),
    );
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
    expect(redactedJson({ token: 'abc"def-1234', n: 1 })).toBe('{"token":"***","n":1}');
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
