import { GOODBYE_REASONS } from '../end-reason.js';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
import fc from 'fast-check';
import { encode, placeEvent } from '../event.js';
import { controlFrame, eventFrame, retryField, snapshotFrame } from './sse-frame.js';

const anyString = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\r', '\n', '\r\n', '\u0000', '\u2028', '\ufeff', '\n\ndata: forged\n\n', '": {'),
);

/** Parses the text with an independent parser that receives it in pieces of this size. */
function parse(text: string, piece: number) {
  const messages: EventSourceMessage[] = [];
  const retries: number[] = [];
  const parser = createParser({
    onEvent: (message) => messages.push(message),
    onRetry: (ms) => retries.push(ms),
    onError: (error) => {
      throw error;
    },
  });
  for (let at = 0; at < text.length; at += piece) parser.feed(text.slice(at, at + piece));
  return { messages, retries };
}

/** Attributes that validation would refuse: the frame must be safe without validation. */
const event = fc
  .record({
    id: anyString,
    source: anyString,
    type: anyString,
    module: anyString,
    data: fc.oneof(anyString, fc.jsonValue()),
  })
  .map((fields) => ({ ...fields, specversion: '1.0', severity: 'info' }));

const placed = fc
  .tuple(event, fc.nat(), fc.nat(9_999))
  .map(([fields, ms, seq]) => placeEvent(encode('tester', fields), `${ms}-${seq}`));

const piece = fc.integer({ min: 1, max: 64 });

describe('a frame', () => {
  it('of any event is one message: its position as id, one line of its JSON, no name', () => {
    fc.assert(
      fc.property(placed, piece, (one, size) => {
        const { messages } = parse(eventFrame(one), size);
        expect(messages).toEqual([{ id: one.position, data: one.json, event: undefined }]);
        expect(JSON.parse(messages[0]!.data)).toMatchObject({ position: one.position });
      }),
    );
  });

  it('holds no raw CR and no raw NUL, and LF only where it ends a line', () => {
    fc.assert(
      fc.property(placed, (one) => {
        const frame = eventFrame(one);
        expect(['\r', '\u0000'].filter((control) => frame.includes(control))).toEqual([]);
        expect(frame.split('\n')).toHaveLength(4);
      }),
    );
  });

  it('is one message in a series of frames, in the same order', () => {
    fc.assert(
      fc.property(fc.array(placed, { maxLength: 10 }), piece, (events, size) => {
        const { messages } = parse(events.map(eventFrame).join(''), size);
        expect(messages.map(({ data }) => data)).toEqual(events.map(({ json }) => json));
      }),
    );
  });

  it('with a control name has no id, whatever its data', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('recovered', 'gap', 'heartbeat', 'goodbye'),
        fc.dictionary(anyString, anyString),
        piece,
        (name, data, size) => {
          const { messages } = parse(controlFrame(name as 'gap', data), size);
          expect(messages).toHaveLength(1);
          expect(messages[0]).toMatchObject({ event: name, id: undefined });
          expect(JSON.parse(messages[0]!.data)).toEqual(JSON.parse(JSON.stringify(data)));
        },
      ),
    );
  });

  it('with a snapshot holds the events unchanged, and the latest position', () => {
    fc.assert(
      fc.property(fc.array(placed, { maxLength: 5 }), piece, (events, size) => {
        const { messages } = parse(snapshotFrame(events, '7-0'), size);
        expect(messages).toHaveLength(1);
        expect(messages[0]).toMatchObject({ event: 'snapshot', id: undefined });
        expect(JSON.parse(messages[0]!.data)).toEqual({
          events: events.map(({ json }) => JSON.parse(json)),
          latest: '7-0',
        });
      }),
    );
  });

  it('can have a retry field of digits in front, in the same block', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 100_000, noNaN: true }), (ms) => {
        const text = retryField(ms) + controlFrame('recovered', {});
        const { messages, retries } = parse(text, 3);
        expect(retries).toEqual([Math.round(ms)]);
        expect(messages).toHaveLength(1);
        expect(text.match(/\n\n/g)).toHaveLength(1);
      }),
    );
  });

  it('has exactly the goodbye reasons of the contract', () => {
    expect(GOODBYE_REASONS).toEqual([
      'draining',
      'max_age',
      'expired',
      'revoked',
      'slow_consumer',
      'admin',
    ]);
  });
});
