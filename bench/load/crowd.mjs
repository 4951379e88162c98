/** Connections that want a stream and try again and again, as a crowd in front of a full house does. */
import net from 'node:net';

import { serve } from '../../test/support/process/worker.ts';

const sockets = new Set();
let isOver = true;
let inside = 0;
let answers = {};

const count = (what) => (answers[what] = (answers[what] ?? 0) + 1);

/**
 * One client: asks, waits as Retry-After says or `pauseMs` if that is shorter, asks again, on
 * a new connection where the server has closed the first one.
 */
function come({ port, request, pauseMs }) {
  let text = '';
  let isInside = false;
  /** Set by a refusal that the server has not yet closed the connection after. */
  let waiting;
  let waitMs = Math.min(pauseMs, 1000);
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  sockets.add(socket);
  socket.setEncoding('latin1');
  const again = (ms, what) => {
    if (!isOver) return setTimeout(() => what(), ms * (0.5 + Math.random()));
  };
  const ask = () => socket.write(request);
  socket.on('connect', ask);
  socket.on('data', (part) => {
    if (isInside) return;
    text += part;
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return;
    const status = text.slice(9, 12);
    if (status === '200') {
      isInside = true;
      inside += 1;
      text = '';
      return;
    }
    const length = Number(/^content-length: (\d+)/im.exec(text)?.[1] ?? 0);
    if (text.length < end + 4 + length) return;
    const seconds = Number(/^retry-after: (\d+)/im.exec(text)?.[1] ?? 1);
    text = '';
    count(status);
    waitMs = Math.min(pauseMs, seconds * 1000);
    waiting = again(waitMs, ask);
  });
  socket.on('error', (error) => count(error.code));
  socket.on('close', () => {
    sockets.delete(socket);
    if (isInside) inside -= 1;
    clearTimeout(waiting);
    again(waitMs, () => come({ port, request, pauseMs }));
  });
}

serve({
  /** Begins; new connections come at most `perSecond`. Resolves when all have come. */
  async begin({ connections, perSecond, ...how }) {
    isOver = false;
    for (let n = 0; n < connections; n += 1) {
      come(how);
      if (n % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 100_000 / perSecond));
    }
  },

  /** What was answered since the last call, and how many are connected and inside now. */
  look() {
    const seen = { answers, connected: sockets.size, inside };
    answers = {};
    return seen;
  },

  leave() {
    isOver = true;
    for (const socket of sockets) socket.destroy();
  },
});
