import net from 'node:net';

const CONNECTIONS = 32;
const ISSUED = /"sse_token":"([^"]+)"/;

/** The token in a whole answer; undefined as long as some of it is missing. */
export const tokenIn = (answer) =>
  answer.trimEnd().endsWith('}') ? ISSUED.exec(answer)?.[1] : undefined;

function issueOn(port, request, take, done) {
  let text = '';
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true }, () =>
    socket.write(request),
  );
  socket.on('error', done);
  socket.on('data', (bytes) => {
    text += bytes.latin1Slice();
    const token = tokenIn(text);
    if (token === undefined) {
      if (/^HTTP\/1\.1 [^2]/.test(text)) done(new Error(`Issuing answered ${text.slice(9, 12)}`));
      return;
    }
    text = '';
    if (take(token)) socket.write(request);
    else socket.end(done);
  });
}

/** Issues `count` tokens with a whole HTTP request, over a few keep-alive connections. */
export async function issue(port, request, count) {
  const tokens = [];
  let left = count - CONNECTIONS;
  await Promise.all(
    Array.from(
      { length: CONNECTIONS },
      () =>
        new Promise((resolve, reject) => {
          const done = (error) => (error ? reject(error) : resolve());
          issueOn(port, request, (token) => tokens.push(token) && left-- > 0, done);
        }),
    ),
  );
  return tokens;
}
