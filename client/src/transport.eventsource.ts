import { FRAME_NAMES, type Transport } from './transport.js';
import type { EventSourceConstructor } from './types.js';

/**
 * The browser's own EventSource, used for one connection only: its reconnect
 * would repeat the URL with the used token (WHATWG HTML, section 9.2), and its
 * error event has neither status nor reason.
 */
export function eventSourceTransport(Source: EventSourceConstructor): Transport {
  return {
    name: 'eventsource',
    open({ url, token, signal }, { heard, frame, end }) {
      url.searchParams.set('token', token);
      // From another origin the token's cookie is sent only with this.
      const source = new Source(url, { withCredentials: true });
      signal.onabort = () => source.close();
      source.addEventListener('open', heard);
      source.addEventListener('error', (event) => {
        // A frame named `error` arrives here too, as a message with data. It is not
        // the end of the connection.
        if (!('data' in event)) end({ kind: 'network' });
      });
      for (const name of FRAME_NAMES) {
        source.addEventListener(name, (event) => {
          const { data, lastEventId: id } = event as Event & { data: string; lastEventId: string };
          heard();
          frame(name, data, id);
        });
      }
    },
  };
}
