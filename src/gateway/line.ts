import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import { names } from '../http/name-cache.js';

/** A connection to an instance, for one request: one of its own, or one that a trunk carries. */
export interface Line {
  /** Null for one that a trunk carries. */
  readonly socket: Socket | null;
  pause(): void;
  resume(): void;
  /** Closes it; `closed` is called later, with the error. */
  destroy(error?: Error): void;
  /** The response is complete, so that the instance closes it too. Nothing is called after that. */
  finish(): void;
}

export interface LineEvents {
  /** @param bytes are valid during the call */
  read(bytes: Buffer): void;
  /** May be called more than once. */
  closed(error?: Error): void;
}

const READ_BYTES = 64 * 1024;
/** All connections read into one buffer: what was read is forwarded before the next read. */
const READ = Buffer.allocUnsafeSlow(READ_BYTES);
/** Its beginning, as it was read last: most streams get the same pieces. */
let piece = READ;

/** Where `connect` finds a service over plain HTTP. */
export function placeOf({ hostname, port }: URL): TcpNetConnectOpts {
  return {
    lookup: names.lookup,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 80),
  };
}

/** A connection of its own. */
export class OwnLine implements Line {
  readonly socket: Socket;
  private error: Error | undefined;

  /** @param head of the request, in latin1 */
  constructor(service: URL, head: string, events: LineEvents) {
    this.socket = connect({
      ...placeOf(service),
      onread: {
        buffer: READ,
        callback: (bytes) => {
          if (piece.length !== bytes) piece = READ.subarray(0, bytes);
          events.read(piece);
          return true;
        },
      },
    });
    this.socket
      .on('error', (error) => (this.error = error))
      .once('close', () => events.closed(this.error))
      .write(head, 'latin1');
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  destroy(error?: Error): void {
    this.socket.destroy(error);
  }

  finish(): void {
    this.socket.destroy();
  }
}
