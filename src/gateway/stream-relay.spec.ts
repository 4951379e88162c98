import type { Response } from 'express';
import type { Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import type { Line, LineEvents } from './line.js';
import { StreamRelay, type RelayOutcomes } from './stream-relay.js';

const HEAD =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';

/** A relay whose line and client are in the hands of the test. */
function relaying() {
  const calls: string[] = [];
  const line: Line = {
    socket: null,
    pause: () => void calls.push('pause'),
    resume: () => void calls.push('resume'),
    destroy: () => void calls.push('destroy'),
    finish: () => void calls.push('finish'),
  };
  const client = new PassThrough({ highWaterMark: 10 });
  const res = { end: () => void calls.push('end'), socket: client } as unknown as Response;
  const outcomes: RelayOutcomes<undefined> = {
    clientOf: () => client as unknown as Socket,
    streams: () => res,
    heard: () => {},
    brokeOff: () => void calls.push('broke off'),
    answers: () => void calls.push('answers'),
    failed: () => void calls.push('failed'),
  };
  let events: LineEvents | undefined;
  const relay = new StreamRelay(
    (given) => {
      events = given;
      return line;
    },
    outcomes,
    undefined,
  );
  const read = (text: string) => events?.read(Buffer.from(text, 'latin1'));
  read(HEAD);
  return { relay, read, calls, client, closed: () => events?.closed() };
}

describe('the relay of a stream', () => {
  it('leaves it to the instance to close a connection whose response is complete', () => {
    const { read, calls, closed } = relaying();
    read('3\r\none\r\n0\r\n\r\n');
    closed();
    expect(calls.filter((call) => call !== 'pause')).toEqual(['finish', 'end']);
  });

  it('closes it when a chunk does not end where its size says', () => {
    const { read, calls } = relaying();
    read('3\r\nonemore\r\n');
    expect(calls).toEqual(['destroy']);
  });

  it('asks for a pause once, however much still comes, and goes on when the client has read', async () => {
    const { read, calls, client } = relaying();
    for (let chunk = 0; chunk < 20; chunk += 1) read('3\r\none\r\n');
    expect(calls).toEqual(['pause']);
    expect(client.listenerCount('drain')).toBe(1);
    client.resume();
    await new Promise(setImmediate);
    expect(calls).toEqual(['pause', 'resume']);
  });

  it('tells that a stream broke off whose instance has gone', () => {
    const { read, calls, closed } = relaying();
    read('3\r\none\r\n');
    closed();
    closed();
    expect(calls.filter((call) => call !== 'pause')).toEqual(['broke off']);
  });
});
