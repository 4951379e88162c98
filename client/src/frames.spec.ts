import fc from 'fast-check';
import { newEvents, readEvents, readFrame } from './frames.js';
import { Cursor } from './position.js';

const event = (position: string) => ({ id: `e${position}`, type: 'test', source: '/t', position });
const read = (frame: string, body: unknown, cursor = new Cursor(), id?: string) => [
  ...readFrame(frame, typeof body === 'string' ? body : JSON.stringify(body), id, cursor),
];

describe('a frame', () => {
  it('without a name is an event', () => {
    expect(read('message', event('5-0'))).toEqual([{ type: 'event', value: event('5-0') }]);
  });

  it('gives its id to an event that names no position itself', () => {
    const { position: _, ...bare } = event('5-0');
    expect(read('message', bare, new Cursor(), '5-0')).toMatchObject([
      { value: { position: '5-0' } },
    ]);
  });

  it('that was seen before tells nothing', () => {
    expect(read('message', event('5-0'), new Cursor('5-0'))).toEqual([]);
  });

  it('snapshot gives its events, then how many of them were new and where it ends', () => {
    const cursor = new Cursor('4-0');
    const body = { events: [event('4-0'), event('5-0')], latest: '9-0' };
    expect(read('snapshot', body, cursor)).toEqual([
      { type: 'event', value: event('5-0') },
      { type: 'snapshot', value: { count: 1, latest: '9-0' } },
    ]);
    expect(cursor.resume).toBe('9-0');
  });

  it('snapshot of an empty log is empty', () => {
    expect(read('snapshot', { events: [], latest: null })).toEqual([
      { type: 'snapshot', value: { count: 0, latest: null } },
    ]);
  });

  it('recovered moves the place to resume from', () => {
    const cursor = new Cursor('4-0');
    expect(read('recovered', { count: 2, latest: '9-0' }, cursor)).toEqual([
      { type: 'recovered', value: { count: 2, latest: '9-0' } },
    ]);
    expect(cursor.resume).toBe('9-0');
  });

  it('gap says that something is lost', () => {
    expect(read('gap', { lost: true, oldest: '7-0' }, new Cursor('4-0'))).toEqual([
      { type: 'gap', value: { lost: true, oldest: '7-0' } },
    ]);
  });

  it('goodbye is handed on as it is', () => {
    const goodbye = { reason: 'draining', reconnect: true, retry_ms: 500 };
    expect(read('goodbye', goodbye)).toEqual([{ type: 'goodbye', value: goodbye }]);
  });

  it.each(['heartbeat', 'error', 'open', 'constructor', '__proto__'])(
    '%s tells nothing',
    (name) => {
      expect(read(name, { timestamp: 1 })).toEqual([]);
    },
  );

  it.each(['{', '', '"text"', '17', 'null', '[]', '{"position":"5-0"}', '{"type":"t"}'])(
    'with the data %j is malformed, not fatal',
    (data) => expect(read('message', data)).toEqual([{ type: 'malformed', value: {} }]),
  );

  it('cannot end the stream by any name or content', () => {
    const names = fc.constantFrom('message', 'snapshot', 'recovered', 'gap', 'heartbeat', 'x');
    fc.assert(
      fc.property(names, fc.oneof(fc.string(), fc.json()), fc.string(), (name, data, id) => {
        const types = read(name, data, new Cursor(), id).map(({ type }) => type);
        expect(types).not.toContain('goodbye');
      }),
    );
  });
});

describe('the events of a page', () => {
  it('leave out members that are not events', () => {
    const json = JSON.stringify({ events: [null, 5, 'x', event('5-0')] });
    const messages = [...newEvents(readEvents(json, JSON.parse(json)) ?? [], new Cursor())];
    expect(messages.map(({ type }) => type)).toEqual([
      'malformed',
      'malformed',
      'malformed',
      'event',
    ]);
  });
});
