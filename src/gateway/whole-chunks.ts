import type { Response } from 'express';
import { CHUNK_OVERHEAD, chunkInto } from '../http/chunked.js';

const SCRATCH_BYTES = 256 * 1024;

/** Buffer in which chunks are framed. All responses share it, because the kernel usually takes a chunk at once. */
let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/**
 * Replaces `res.write` so that each piece goes to the socket as one buffer with its
 * chunk framing. Node's own `write` makes four writes of it: size, line end, piece and
 * line end. A new buffer for each piece would burden the garbage collector, so one is
 * reused. The return value and `drain` keep their meaning, so backpressure works as
 * before. A response that is not chunked (HTTP/1.0), or that still waits for its turn
 * on the connection (pipelining), uses Node's own `write`.
 */
export function writeWholeChunks(res: Response): void {
  const ordinary = res.write.bind(res) as (piece: Buffer) => boolean;
  let full = false;
  const drained = () => {
    full = false;
    res.emit('drain');
  };
  res.write = ((piece: Buffer) => {
    const { socket } = res;
    const fits = piece.length + CHUNK_OVERHEAD <= SCRATCH_BYTES;
    if (!res.chunkedEncoding || !socket || res.writableEnded || !fits) return ordinary(piece);
    const taken = socket.write(chunkInto(scratch, piece));
    // The socket still needs the bytes that the kernel has not taken, so use a new buffer.
    if (socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    if (!taken && !full) {
      full = true;
      socket.once('drain', drained);
    }
    return taken;
  }) as Response['write'];
}
