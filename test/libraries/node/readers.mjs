// Reads one stream with one library and prints each event as a line of JSON:
// {"event","id","data"}. Ends at `goodbye`. Usage: readers.mjs LIBRARY URL
import { EventSource } from 'eventsource';

const NAMED = ['snapshot', 'recovered', 'gap', 'goodbye'];

function report(event, id, data) {
  process.stdout.write(`${JSON.stringify({ event, id, data })}\n`, () => {
    if (event === 'goodbye') process.exit(0);
  });
}

/** `close` belongs to goodbye: a client that does not close reconnects. */
function listen(source) {
  source.onerror = ({ code, message }) => process.stderr.write(`${code} ${message}\n`);
  source.onmessage = ({ lastEventId, data }) => report('', lastEventId, data);
  for (const name of NAMED) {
    source.addEventListener(name, ({ lastEventId, data }) => {
      if (name === 'goodbye') source.close();
      report(name, lastEventId, data);
    });
  }
}

const readers = {
  eventsource: (url) => listen(new EventSource(url)),

  async 'reconnecting-eventsource'(url) {
    globalThis.EventSource = EventSource;
    globalThis.window = globalThis;
    const { default: loaded } = await import('reconnecting-eventsource');
    listen(new (loaded.default ?? loaded)(url, { max_retry_time: 1_000 }));
  },

  async '@microsoft/fetch-event-source'(url) {
    // The library is written for browsers.
    globalThis.window = globalThis;
    globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
    const { fetchEventSource } = await import('@microsoft/fetch-event-source');
    await fetchEventSource(url, {
      onmessage: ({ event, id, data }) => report(event, id, data),
      // Its own answer to the end of a response is to stop.
      onclose() {
        throw new Error('the connection ended');
      },
      onerror: () => 200,
    });
  },
};

// `eventsource` lets a process end while it waits to reconnect; a service has other work.
setInterval(() => {}, 60_000);

const [, , library, url] = process.argv;
await readers[library](url);
