import fc from 'fast-check';
import { readFrame } from './frames.js';
import { readHistory } from './history.js';
import { Cursor } from './position.js';
import { rawOf } from './raw.js';
import type { OperatorEvent } from './types.js';

/** As a server writes it: digits that a double cannot hold, keys that an object would reorder. */
const json = (position: string) =>
  `{"type":"t","data":{"id":1524831183200260097,"x":1e400,"price":1.10,"2":"}],[{","1":"\\"é\\u00e9\\\\"},"position":"${position}"}`;

const delivered = (frame: string, data: string): OperatorEvent[] =>
  [...readFrame(frame, data, undefined, new Cursor())].flatMap((message) =>
    message.type === 'event' ? [message.value] : [],
  );

describe('rawOf', () => {
  it('is the text of an event that came in a frame of its own', () => {
    const [event] = delivered('message', json('1-0'));
    expect(event?.data).toMatchObject({ id: 1_524_831_183_200_260_000, x: Infinity });
    expect(event && rawOf(event)).toBe(json('1-0'));
  });

  it('is the text of each event of a snapshot and of a page of the history', () => {
    const list = `{ "latest":"2-0", "events" : [${json('1-0')} , ${json('2-0')}],"more":[{}] }`;
    const texts = [json('1-0'), json('2-0')];
    expect(delivered('snapshot', list).map(rawOf)).toEqual(texts);
    expect(readHistory(list).events.map(rawOf)).toEqual(texts);
  });

  it('is undefined for a copy', () => {
    const [event] = delivered('message', json('1-0'));
    expect(rawOf({ ...(event as OperatorEvent) })).toBeUndefined();
  });

  it('splits any list of events where its members begin and end', () => {
    const member = fc.json().map((data) => `{"type":"t","position":"1-0","data":${data}}`);
    fc.assert(
      fc.property(fc.array(member), (members) => {
        const page = readHistory(`{"events":[${members.join(',')}],"next":null}`);
        expect(page.events.map(rawOf)).toEqual(members);
      }),
    );
  });

  it('splits a list whose strings are megabytes of escapes and brackets', () => {
    const member = `{"type":"t","data":"${'\\\\\\"[{,'.repeat(300_000)}","position":"1-0"}`;
    const [event] = readHistory(`{"events":[${member}],"next":null}`).events;
    expect(rawOf(event as OperatorEvent)).toBe(member);
  });
});
