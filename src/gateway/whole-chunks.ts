import type { Response } from 'express';

const CR = 0x0d;
const LF = 0x0a;
/** Hexadecimal digits and line ends around a piece, at the most. */
const AROUND = 16;
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
    const fits = piece.length + AROUND <= SCRATCH_BYTES;
    if (!res.chunkedEncoding || !socket || res.writableEnded || !fits) return ordinary(piece);
    const taken = socket.write(framed(piece));
    // What the kernel has not taken yet still stands there.
    if (socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
    if (!taken && !full) {
      full = true;
      socket.once('drain', drained);
    }
    return taken;
  }) as Response['write'];
}

/** One chunk of the chunked coding (RFC 9112, section 7.1), in `scratch`. */
function framed(piece: Buffer): Buffer {
  let end = scratch.write(`${piece.length.toString(16)}\r\n`, 'latin1');
  end += piece.copy(scratch, end);
  scratch[end] = CR;
  scratch[end + 1] = LF;
  return scratch.subarray(0, end + 2);
}
