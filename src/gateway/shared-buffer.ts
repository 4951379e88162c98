import type { Socket } from 'node:net';

/**
 * Copies what is written into a buffer that all connections share: the kernel usually takes it
 * at once. A new buffer for each piece would burden the garbage collector.
 */
export class SharedBuffer {
  private scratch: Buffer;
  /** Its beginning, as it was written last: most streams get the same pieces. */
  private piece: Buffer;

  constructor(private readonly size: number) {
    this.scratch = Buffer.allocUnsafeSlow(size);
    this.piece = this.scratch;
  }

  /** @returns as `socket.write`: false when the writer should wait for `drain` */
  write(socket: Socket, bytes: Buffer): boolean {
    if (bytes.length > this.size) return socket.write(Buffer.from(bytes));
    return this.fill(socket, (target) => bytes.copy(target));
  }

  /** @param fill writes into the buffer, and returns how many bytes */
  fill(socket: Socket, fill: (target: Buffer) => number): boolean {
    const end = fill(this.scratch);
    // Behind others it waits for sure, and would hold the whole buffer however short it is.
    if (socket.writableLength > 0) return socket.write(Buffer.from(this.scratch.subarray(0, end)));
    if (this.piece.length !== end) this.piece = this.scratch.subarray(0, end);
    const taken = socket.write(this.piece);
    // The socket still needs the bytes that the kernel has not taken.
    if (socket.writableLength > 0) {
      this.scratch = Buffer.allocUnsafeSlow(this.size);
      this.piece = this.scratch;
    }
    return taken;
  }
}
