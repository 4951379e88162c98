import { randomUUID } from 'node:crypto';
import { ok, problem, skipped, type Finding } from './finding.js';
import { NoStream, type Patient } from './patient.js';

const TYPE = 'vx11-cli.doctor';
/** Nobody publishes this type. */
const SILENT = 'vx11-cli.doctor.silence';
/** Headers that the product sends with every stream and that a proxy must pass on. */
const NEEDED = ['no-store', 'no-transform'];

const BUFFERING_FIX =
  'Switch buffering off for /operator/api/events/stream (nginx: `proxy_buffering off;` and no proxy_ignore_headers X-Accel-Buffering; Caddy: no response_buffers, flush_interval -1; HAProxy: no http-response wait-for-body; Envoy: no filter that waits for the body).';

const seconds = (ms: number) => (ms / 1000).toFixed(1);

/** Whether an event reaches an open stream at once. */
export async function checkBuffering(patient: Patient): Promise<Finding> {
  const buffered = (what: string) =>
    problem('buffering', `${what} within ${seconds(patient.answerMs)} s.`, BUFFERING_FIX);
  const opened = await patient
    .stream(TYPE, { headers: { 'Accept-Encoding': 'identity' } })
    .catch((error: Error) => {
      if (error instanceof NoStream) return undefined;
      throw error;
    });
  if (!opened) return buffered('The head of a stream does not arrive');
  try {
    if (!(await opened.holds('event: snapshot', patient.answerMs))) {
      return buffered('The first event of a stream does not arrive');
    }
    const mark = randomUUID();
    if (!(await patient.publish(TYPE, mark))) {
      return ok('buffering', 'The snapshot arrives at once (this principal may not publish).');
    }
    if (await opened.holds(mark, patient.answerMs))
      return ok('buffering', 'Events arrive at once.');
    const { text } = await patient.api(`/events?type=${TYPE}&limit=50`);
    return text.includes(mark)
      ? buffered('A published event is in the history, but does not reach the stream')
      : problem(
          'buffering',
          'A published event is neither on the stream nor in the history.',
          'The store is at fault, not the proxy: see the runbook EventDeliveryStalled.',
        );
  } finally {
    opened.close();
  }
}

/** Whether the proxy compresses the stream, and what it does to its headers. */
export async function checkEncoding(patient: Patient): Promise<readonly Finding[]> {
  const stream = await patient.stream(SILENT, {
    headers: { 'Accept-Encoding': 'gzip, br, zstd, deflate' },
  });
  const { headers } = stream;
  stream.close();
  const encoding = headers['content-encoding'] ?? 'identity';
  const cache = headers['cache-control'] ?? '';
  const missing = NEEDED.filter((word) => !cache.includes(word));
  const type = headers['content-type'] ?? 'none';
  return [
    encoding === 'identity'
      ? ok('compression', 'The stream is not compressed.')
      : problem(
          'compression',
          `The stream is compressed (${encoding}): a compressor holds events back until its block is full.`,
          'Take text/event-stream out of what the proxy compresses (nginx: gzip_types; HAProxy: compression type; Envoy: content_type of the compressor; Caddy: the matcher of encode), and let Cache-Control: no-transform pass.',
        ),
    missing.length === 0 && type.startsWith('text/event-stream')
      ? ok('headers', 'Content-Type and Cache-Control arrive as they were sent.')
      : problem(
          'headers',
          `The stream arrives with Content-Type: ${type} and Cache-Control: ${cache || 'none'}.`,
          `Do not replace or remove these headers at the proxy; clients and caches need ${NEEDED.join(' and ')}.`,
        ),
  ];
}

/** Whether a stream on which nothing happens stays open. */
export async function checkIdleTimeout(patient: Patient): Promise<Finding> {
  const { watchMs } = patient;
  const stream = await patient.stream(SILENT);
  await stream.ended(watchMs);
  const { endedAfter, text } = stream;
  stream.close();
  if (endedAfter === undefined) {
    return ok('idle-timeout', `A silent stream stayed open for ${seconds(watchMs)} s.`);
  }
  if (text.includes('event: goodbye')) {
    return skipped(
      'idle-timeout',
      'The server ended the stream in order, as in a deployment.',
      'Run the doctor again.',
    );
  }
  return problem(
    'idle-timeout',
    `A silent stream was cut after ${seconds(endedAfter)} s. Heartbeats come every 15 s.`,
    'Let streams live: more than 60 s without data, and no limit on the whole response (nginx: proxy_read_timeout 1h; HAProxy: timeout server and timeout tunnel 1h; Envoy: route timeout 0s and stream_idle_timeout 1h; Caddy: no read_timeout; load balancers: idle timeout).',
  );
}
