import type { Response } from 'express';
import { CHUNK_OVERHEAD, chunkInto } from '../http/chunked.js';
import { SharedBuffer } from './shared-buffer.js';

const SCRATCH_BYTES = 256 * 1024;

/** In which chunks are framed. */
const scratch = new SharedBuffer(SCRATCH_BYTES);

/**
 * Replaces `res.write` so that each piece goes to the socket as one buffer with its
 * chunk framing. Node's own `write` makes four writes of it: size, line end, piece and
 * line end. The return value and `drain` keep their meaning, so backpressure works as
 * before. A response that is not chunked (HTTP/1.0), or that still waits for its turn
 * on the connection (pipelining), uses Node's own `write`.
 * @param onWrite is called for each piece
 */
export function writeWholeChunks(res: Response, onWrite: () => void): void {
  const ordinary = res.write.bind(res) as (piece: Buffer) => boolean;
  let full = false;
  const drained = () => {
    full = false;
    res.emit('drain');
  };
  res.write = ((piece: Buffer) => {
    onWrite();
    const { socket } = res;
    const fits = piece.length + CHUNK_OVERHEAD <= SCRATCH_BYTES;
    if (!res.chunkedEncoding || !socket || res.writableEnded || !fits) return ordinary(piece);
    const taken = scratch.fill(socket, (target) => chunkInto(target, piece).length);
    if (!taken && !full) {
      full = true;
      socket.once('drain', drained);
    }
    return taken;
  }) as Response['write'];
}
