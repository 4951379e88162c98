import { event } from '../support/caller.js';
import { withBackend } from '../support/fixtures.js';
import { BATCH, expectRefused, PLAIN, publishRaw, STRUCTURED } from '../support/publishing.js';
import { itLeaksNoToken } from '../support/secrets.js';

const KIB = 1024;

describe('publishing an invalid body', () => {
  const { backend } = withBackend();

  it.each([
    ['broken JSON', STRUCTURED, '{"id":'],
    ['broken JSON in the plain form', PLAIN, '{'],
    ['a list where one event belongs', STRUCTURED, '[]'],
    ['one event where a batch belongs', BATCH, '{}'],
    ['null', STRUCTURED, 'null'],
    ['nothing', STRUCTURED, ''],
    ['a batch with a number in it', BATCH, '[1]'],
    [
      'JSON nested 20,000 levels deep',
      PLAIN,
      '{"event_type":"a","module":"b","payload":' + '['.repeat(20_000) + ']'.repeat(20_000) + '}',
    ],
    ['a batch nested 200,000 levels deep', BATCH, '['.repeat(200_000) + ']'.repeat(200_000)],
    ['bytes that are not UTF-8', STRUCTURED, Buffer.from([0x7b, 0xff, 0x7d])],
  ])('%s: invalid_event', (_, headers, body) =>
    expectRefused(
      backend.caller,
      () => publishRaw(backend.caller, headers, body),
      400,
      'invalid_event',
    ),
  );

  it.each([
    ['no media type', {}],
    ['text/plain', { 'content-type': 'text/plain' }],
    ['application/xml', { 'content-type': 'application/cloudevents+xml' }],
    ['UTF-16', { 'content-type': 'application/cloudevents+json; charset=utf-16' }],
    ['an unknown content coding', { ...STRUCTURED, 'content-encoding': 'secret' }],
  ])('%s: unsupported_media_type', (_, headers) =>
    expectRefused(
      backend.caller,
      () => publishRaw(backend.caller, headers as Record<string, string>, JSON.stringify(event())),
      415,
      'unsupported_media_type',
    ),
  );

  function sized(bytes: number): string {
    const empty = JSON.stringify(event({ data: '' }));
    return JSON.stringify(event({ data: 'x'.repeat(bytes - Buffer.byteLength(empty)) }));
  }

  it('accepts an event of 64 KiB and refuses one more byte as too_large', async () => {
    expect((await publishRaw(backend.caller, STRUCTURED, sized(64 * KIB))).status).toBe(202);
    await expectRefused(
      backend.caller,
      () => publishRaw(backend.caller, STRUCTURED, sized(64 * KIB + 1)),
      413,
      'too_large',
    );
    await expectRefused(
      backend.caller,
      () => publishRaw(backend.caller, BATCH, `[${sized(64 * KIB + 1)}]`),
      413,
      'too_large',
    );
  });

  it('accepts a batch of 500 events and refuses 501 as too_large', async () => {
    const events = Array.from({ length: 501 }, () => event());
    expect(await publishRaw(backend.caller, BATCH, events.slice(1))).toMatchObject({
      status: 202,
      json: { accepted: 500, duplicates: 0 },
    });
    await expectRefused(
      backend.caller,
      () => publishRaw(backend.caller, BATCH, events),
      413,
      'too_large',
    );
  });

  it('refuses a batch of more than 1 MiB as too_large', () =>
    expectRefused(
      backend.caller,
      () =>
        publishRaw(
          backend.caller,
          BATCH,
          Array.from({ length: 20 }, () => event({ data: 'x'.repeat(60 * KIB) })),
        ),
      413,
      'too_large',
    ));

  it('takes no event of a batch of 500 when one is invalid', () =>
    expectRefused(
      backend.caller,
      () =>
        publishRaw(backend.caller, BATCH, [
          ...Array.from({ length: 499 }, () => event()),
          event({ type: '' }),
        ]),
      400,
      'invalid_event',
      '/499/type',
    ));
});

itLeaksNoToken();
