import type { Response } from 'express';
import { CHUNK_OVERHEAD, chunkInto } from '../http/chunked.js';

const SCRATCH_BYTES = 256 * 1024;

/** Where chunks are framed; shared, since the kernel takes most of them at once. */
let scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);

/**
 * From here on `res.write` hands each piece to the socket as one buffer, framed
 * as it is; Node's own would make four of it, size, line end, piece and line end,
 * and a new buffer for each piece would keep the garbage collector busy.
 * Its answer and `drain` mean what they always mean, so a pipe holds the service
 * back as before. A response that is not chunked (HTTP/1.0), or still waits for
 * its turn on the connection (pipelining), takes the ordinary way.
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
    // What the kernel has not taken yet still stands there.
    if (socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    if (!taken && !full) {
      full = true;
      socket.once('drain', drained);
    }
    return taken;
  }) as Response['write'];
}
