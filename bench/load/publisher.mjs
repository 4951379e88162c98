/** The writing side of fan-out: events at a steady rate, in small batches over HTTP. */
import { randomUUID } from 'node:crypto';

import { KeepAliveConnection } from './keep-alive-connection.mjs';
import { serve } from '../../test/support/process/worker.ts';
import { nowMicros, ownCpuSeconds } from './window.mjs';

/** Events that fall due within one tick travel in one request. */
const TICK_MS = 5;
const CONNECTIONS = 16;
/** The contract's limit for a batch. */
const LARGEST_BATCH = 500;

const run = randomUUID().slice(0, 8);
let sequence = 0;

/** A topic, and a CloudEvent of about 270 bytes of which it is the module. */
function event(sentAt) {
  const id = `${run}-${String(++sequence).padStart(8, '0')}`;
  const topic = topics > 0 ? `m${sequence % topics}` : 'bench';
  const text = `{"specversion":"1.0","id":"${id}","source":"/bench/publisher","type":"bench.tick","time":"2026-01-01T00:00:00.000Z","severity":"info","module":"${topic}","datacontenttype":"application/json","data":{"sent_us":${sentAt},"text":"twenty-five plain letters"}}`;
  return { topic, text };
}

const textOf = ({ text }) => text;
const centrifugoCommand = ({ topic, text }) => `{"publish":{"channel":"${topic}","data":${text}}}`;
const pushpinItem = ({ topic, text }) =>
  `{"channel":"${topic}","formats":{"http-stream":{"content":${JSON.stringify(`data: ${text}\n\n`)}}}}`;

/** How a system is best given events: how many a request takes at the most, and what it holds. */
const ways = {
  batch: { most: LARGEST_BATCH, body: (events) => `[${events.map(textOf).join(',')}]` },
  one: { most: 1, body: ([event]) => event.text },
  centrifugo: {
    most: LARGEST_BATCH,
    body: (events) => `{"commands":[${events.map(centrifugoCommand).join(',')}]}`,
  },
  pushpin: {
    most: LARGEST_BATCH,
    body: (events) => `{"items":[${events.map(pushpinItem).join(',')}]}`,
  },
  mercure: {
    most: 1,
    body: ([{ topic, text }]) => `topic=${topic}&data=${encodeURIComponent(text)}`,
  },
};

const queue = [];
const idle = [];
let head;
let way = ways.batch;
let timer;
let inFlight = 0;
let made = 0;
let accepted = 0;
let failure;
let begin;
/** How many topics the events are of, in turn; 0: all of one. */
let topics = 0;
let onIdle = () => {};

function flush() {
  while (queue.length > 0 && idle.length > 0) {
    // The longest idle one: none is left alone until the server's keep-alive timeout ends it.
    const connection = idle.shift();
    const { count, sentAt } = queue.shift();
    const events = Array.from({ length: count }, () => event(sentAt));
    const body = way.body(events);
    // A system whose publisher names the topic in the URL takes one event a request.
    const start = head.replace('{topic}', events[0].topic);
    inFlight++;
    connection.send(`${start}Content-Length: ${body.length}\r\n\r\n${body}`, (status) => {
      inFlight--;
      if (status >= 200 && status < 300) accepted += count;
      else failure ??= `Publishing answered ${status}`;
      idle.push(connection);
      flush();
    });
  }
  if (queue.length === 0 && inFlight === 0) onIdle();
}

serve({
  connect({ port, head: requestHead, publishing = 'batch' }) {
    head = requestHead;
    way = ways[publishing];
    const fail = (error) => (failure ??= error.message);
    for (let i = 0; i < CONNECTIONS; i++) idle.push(new KeepAliveConnection(port, fail));
  },

  /** Makes `rate` events a second from now on, however slowly the server takes them. */
  publish({ rate, topics: different = 0 }) {
    topics = different;
    clearInterval(timer);
    const startedAt = nowMicros();
    let past = 0;
    timer = setInterval(() => {
      const now = nowMicros();
      let due = Math.floor(((now - startedAt) / 1e6) * rate) - past;
      past += due;
      made += due;
      for (; due > 0; due -= way.most) {
        queue.push({ count: Math.min(way.most, due), sentAt: now });
      }
      flush();
    }, TICK_MS);
  },

  begin() {
    begin = { at: nowMicros(), made, own: ownCpuSeconds() };
  },

  end() {
    if (failure) throw new Error(failure);
    const seconds = (nowMicros() - begin.at) / 1e6;
    return {
      published_per_s: (made - begin.made) / seconds,
      publisher_core: (ownCpuSeconds() - begin.own) / seconds,
    };
  },

  /** Makes no more events; resolves, once all are answered, with how many were accepted. */
  async stop() {
    clearInterval(timer);
    if (queue.length > 0 || inFlight > 0) await new Promise((resolve) => (onIdle = resolve));
    if (failure) throw new Error(failure);
    return accepted;
  },
});
