import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP connection to a server through a way that can be cut and blocked. */
export class RoughWay {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [client: Socket, upstream: Socket]>();

  constructor(target: string) {
    const { hostname, port } = new URL(target);
    this.#server = createServer((client) => {
      const upstream = connect(Number(port), hostname);
      const pair = [client, upstream] as const;
      this.#pairs.add(pair);
      client.pipe(upstream).pipe(client);
      for (const [one, other] of [pair, pair.toReversed() as [Socket, Socket]]) {
        // A break on one side is passed on as the end of the other.
        one.on('error', () => other.destroy());
        one.on('close', () => {
          this.#pairs.delete(pair);
          other.destroy();
        });
      }
    });
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** All connections break, wherever they are. */
  cut(): void {
    for (const [client] of this.#pairs) client.destroy();
  }

  /** The present connections stay open and carry nothing more, in neither direction. */
  block(): void {
    for (const [client, upstream] of this.#pairs) {
      client.unpipe(upstream);
      upstream.unpipe(client);
    }
  }

  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }
}
