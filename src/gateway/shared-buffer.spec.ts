import type { Socket } from 'node:net';
import { SharedBuffer } from './shared-buffer.js';

/** A socket from which nobody reads. */
class StalledSocket {
  readonly pieces: Buffer[] = [];

  get writableLength(): number {
    return this.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  write(bytes: Buffer): boolean {
    this.pieces.push(bytes);
    return false;
  }
}

describe('SharedBuffer', () => {
  it('leaves a client that does not read little more than what waits for it', () => {
    const buffer = new SharedBuffer(64 * 1024);
    const socket = new StalledSocket();
    const bytes = Array.from({ length: 100 }, (_, n) => Buffer.from(`piece ${n}`));
    for (const piece of bytes) buffer.write(socket as unknown as Socket, piece);
    expect(Buffer.concat(socket.pieces)).toEqual(Buffer.concat(bytes));
    const held = new Set(socket.pieces.map(({ buffer: memory }) => memory));
    const size = [...held].reduce((sum, { byteLength }) => sum + byteLength, 0);
    // The first may have the whole buffer, and Node's pool of small ones has 64 KiB too.
    expect(size).toBeLessThan(4 * 64 * 1024);
  });
});
