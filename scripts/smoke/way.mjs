import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A way over TCP between a browser and the gateway, on which nothing may come through for a while. */
export class Way {
  #sockets = new Set();
  #isBlocked = false;
  #server;

  static async to(url) {
    const way = new Way();
    const { port } = new URL(url);
    way.#server = createServer((near) => way.#join(near, connect(Number(port), '127.0.0.1')));
    way.#server.listen(0, '127.0.0.1');
    await once(way.#server, 'listening');
    return way;
  }

  get url() {
    return `http://127.0.0.1:${this.#server.address().port}`;
  }

  /** As when a lid closes: nobody hangs up, and nothing comes through in either direction. */
  block() {
    this.#isBlocked = true;
    for (const socket of this.#sockets) socket.pause();
  }

  /** As when it opens again: what was connected before is dead, new connections work. */
  restore() {
    this.#isBlocked = false;
    for (const socket of this.#sockets) socket.destroy();
  }

  close() {
    this.restore();
    this.#server.close();
  }

  #join(near, far) {
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      this.#sockets.add(from);
      from.on('data', (chunk) => to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      if (this.#isBlocked) from.pause();
    }
  }
}
