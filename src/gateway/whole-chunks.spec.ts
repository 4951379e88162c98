import fc from 'fast-check';
import type { Response } from 'express';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { buffer, text } from 'node:stream/consumers';
import { writeWholeChunks } from './whole-chunks.js';

const MIB = 2 ** 20;
/** More bytes than the kernel buffers for a client that does not read. */
const STUCK_BYTES = 24 * MIB;

/** A server that responds with whole chunks, and its response. */
async function serve() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = async () => {
    const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
    const sent = request({ port, host: '127.0.0.1', agent: false }).end();
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    const [, res] = await asked;
    res.flushHeaders();
    writeWholeChunks(res as Response, () => {});
    const [answer] = await answered;
    return { res, answer };
  };
  return { server, port, open, close: () => void server.close() };
}

describe('whole chunks', () => {
  it('deliver pieces of every size unchanged', async () => {
    const { open, close } = await serve();
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.oneof(
            fc.uint8Array({ minLength: 1, maxLength: 64 }),
            fc.integer({ min: 1, max: MIB }).map((size) => Buffer.alloc(size, size % 251)),
          ),
          { maxLength: 6 },
        ),
        async (pieces) => {
          const { res, answer } = await open();
          for (const piece of pieces) res.write(Buffer.from(piece));
          res.end();
          expect((await buffer(answer)).equals(Buffer.concat(pieces))).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
    close();
  });

  it('for a client that does not read stay intact while other clients get theirs', async () => {
    const { open, close } = await serve();
    const [stuck, other] = [await open(), await open()];
    const piece = (n: number) => Buffer.alloc(64 * 1024, `${n} `);
    const count = STUCK_BYTES / piece(0).length;
    const others = buffer(other.answer);
    for (let n = 0; n < count; n += 1) {
      stuck.res.write(piece(n));
      other.res.write(piece(count + n));
    }
    expect(stuck.res.writableLength).toBeGreaterThan(0);
    stuck.res.end();
    other.res.end();
    const all = (from: number) =>
      Buffer.concat(Array.from({ length: count }, (_, n) => piece(from + n)));
    expect((await others).equals(all(count))).toBe(true);
    expect((await buffer(stuck.answer)).equals(all(0))).toBe(true);
    close();
  });

  it('return false when the client cannot take more, and emit drain when it can again', async () => {
    const { open, close } = await serve();
    const { res, answer } = await open();
    const piece = Buffer.alloc(128 * 1024);
    let taken = true;
    for (let n = 0; taken && n < STUCK_BYTES; n += piece.length) taken = res.write(piece);
    expect(taken).toBe(false);
    const drained = once(res, 'drain');
    answer.resume();
    await drained;
    res.end();
    await once(answer, 'end');
    close();
  });

  it('are not used for a client of HTTP/1.0', async () => {
    const { server, port, close } = await serve();
    const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>;
    const socket = connect(port, '127.0.0.1').setEncoding('latin1');
    socket.write('GET / HTTP/1.0\r\n\r\n');
    const [, res] = await asked;
    res.flushHeaders();
    writeWholeChunks(res as Response, () => {});
    res.write(Buffer.from('as it is'));
    res.end();
    expect((await text(socket)).split('\r\n\r\n')[1]).toBe('as it is');
    close();
  });
});
