import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { FEED_HEARTBEAT_MS, FEED_PATH } from '../../../src/auth/replicas/feed.js';
import { readMessages, valuesOf, type Message } from './strict-parser.js';

/** Carries the id of each request that was sent on purpose. */
export const ID = 'x-fuzz-id';

export interface Watcher {
  /** A whole request has arrived. */
  arrived(message: Message): void;
  /** Bytes that are no HTTP have arrived. */
  broken(why: string, bytes: Buffer): void;
}

/** A service behind the gateway that reads raw bytes with the strict parser, and answers each request with its id. */
export class Recorder {
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly watcher: Watcher,
  ) {
    server.on('connection', (socket) => this.serve(socket));
  }

  static async start(watcher: Watcher): Promise<Recorder> {
    const server = createServer({ noDelay: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Recorder(server, watcher);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    let bytes: Buffer = Buffer.alloc(0);
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const { messages, rest } = readMessages(bytes);
      for (const message of messages) {
        if (isForFeed(message)) feed(socket);
        else this.answer(socket, message);
      }
      bytes = rest.kind === 'unfinished' ? Buffer.from(rest.bytes) : Buffer.alloc(0);
      if (rest.kind === 'fault') {
        this.watcher.broken(rest.why, chunk);
        socket.destroy();
      }
    });
  }

  private answer(socket: Socket, message: Message): void {
    // The gateway's own questions, whether the services are there.
    const isProbe = valuesOf(message, 'user-agent').includes('vx11-probe');
    if (!isProbe) this.watcher.arrived(message);
    const id = valuesOf(message, ID).join() || '-';
    const body = message.method === 'HEAD' ? '' : id;
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Length: ${id.length}\r\nX-Fuzz-Id: ${id}\r\n\r\n${body}`,
    );
  }
}

/** The gateway's own request for the revocations; one with the id of a client came through it. */
function isForFeed(message: Message): boolean {
  const { method, target } = message;
  return method === 'GET' && target === `/${FEED_PATH}` && valuesOf(message, ID).length === 0;
}

/** Nothing is revoked: the gateway admits principals only while it follows a feed of revocations. */
function feed(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\n\r\n[]\n');
  const beat = setInterval(() => socket.write('\n'), FEED_HEARTBEAT_MS);
  socket.once('close', () => clearInterval(beat));
}
