import { createParser } from 'eventsource-parser';
import { asFailure, RequestError } from './errors.js';
import { type Api, request } from './http.js';
import {
  FRAME_LIMIT,
  type StreamHandlers,
  type StreamRequest,
  type Transport,
} from './transport.js';

/** A streamed fetch: shows status, `Retry-After` and `retry:`, and runs where there is no EventSource. */
export function fetchTransport(api: Api): Transport {
  return {
    name: 'fetch',
    open(stream, handlers) {
      read(api, stream, handlers).then(
        () => handlers.end({ kind: 'ended' }),
        (error: unknown) => handlers.end(asFailure(error)),
      );
    },
  };
}

async function read(
  api: Api,
  { url, token, signal }: StreamRequest,
  { heard, frame, retry }: StreamHandlers,
): Promise<void> {
  // The token is not in the URL, where proxies and logs would keep it.
  const { body, headers: answered } = await request(api, url, token, { signal });
  // An expired login that became a page with status 200 would be silence for ever.
  if (!/^text\/event-stream/i.test(answered.get('content-type') as string)) {
    throw new RequestError({ kind: 'refused', status: 200, code: 'not_an_event_stream' });
  }
  heard();
  const parser = createParser({
    maxBufferSize: FRAME_LIMIT,
    onEvent: ({ event = 'message', data, id }) => frame(event, data, id),
    onRetry: retry,
  });
  const text = new WritableStream<string>({
    write(part) {
      heard();
      parser.feed(part);
    },
  });
  await (body as ReadableStream<Uint8Array<ArrayBuffer>>)
    .pipeThrough(new TextDecoderStream())
    .pipeTo(text);
}
