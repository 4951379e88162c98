import { FRAME_NAMES, type Transport } from './transport.js';
import type { EventSourceConstructor } from './types.js';

/**
 * The browser's own EventSource, used for one connection only: its reconnect
 * would repeat the URL with the spent token (WHATWG HTML, section 9.2), and its
 * error says neither status nor reason.
 */
export function eventSourceTransport(Source: EventSourceConstructor): Transport {
  return {
    name: 'eventsource',
    open({ url, token, signal }, { heard, frame, end }) {
      url.searchParams.set('token', token);
      const source = new Source(url);
      signal.addEventListener('abort', () => source.close());
      source.addEventListener('open', heard);
      source.addEventListener('error', (event) => {
        // A frame named `error` arrives here too, as a message with data: it must
        // not pass for the end of the connection.
        if (!('data' in event)) end({ kind: 'network' });
      });
      for (const name of ['message', ...FRAME_NAMES]) {
        source.addEventListener(name, (event) => {
          const { data, lastEventId: id } = event as Event & { data: string; lastEventId: string };
          heard();
          frame(name, data, id);
        });
      }
    },
  };
}
