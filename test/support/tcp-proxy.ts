import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A way over TCP that can be cut, blocked and slowed. Loaded by plain Node too: see process/child.ts. */
export class TcpProxy {
  private readonly ways = new Set<Way>();
  private readonly server: Server;
  private readonly target: number;
  private mode: 'open' | 'cut' | 'blocked' = 'open';
  private delayMs = 0;
  private answersLeft = Infinity;

  private constructor(server: Server, target: number) {
    this.server = server;
    this.target = target;
    server.on('connection', (socket) => this.join(socket));
  }

  /** To a port of this machine, or to the one of an address of it. */
  static async to(target: number | string): Promise<TcpProxy> {
    const port = typeof target === 'number' ? target : Number(new URL(target).port);
    const server = createServer({ allowHalfOpen: false });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, port);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Connections break, new ones are broken at once. */
  cut(): void {
    this.mode = 'cut';
    // Not a reset: Node may wait for ever at its exit for a handle that was reset.
    for (const { from } of this.ways) from.destroy();
  }

  /** Connections stay and carry nothing, new ones as well: a peer that is gone without a word. */
  block(): void {
    this.mode = 'blocked';
    for (const way of this.ways) way.block();
  }

  /** Present connections break; new ones work. */
  breakAll(): void {
    this.cut();
    this.restore();
  }

  /** Breaks all connections in place of this answer of the target, counted from now: 1 is the next. */
  breakAtAnswer(count: number): void {
    this.answersLeft = count;
  }

  /** Whether it has broken. */
  get hasBroken(): boolean {
    return this.answersLeft <= 0;
  }

  /** Present connections stay and carry nothing more, in neither direction; new ones work. */
  stall(): void {
    for (const way of this.ways) way.block();
  }

  /** Each chunk, in both directions, comes so many milliseconds later. */
  slow(ms: number): void {
    this.delayMs = ms;
  }

  restore(): void {
    this.mode = 'open';
    this.delayMs = 0;
    for (const way of this.ways) way.restore();
  }

  async close(): Promise<void> {
    this.cut();
    this.server.close();
    await once(this.server, 'close');
  }

  private join(near: Socket): void {
    if (this.mode === 'cut') {
      near.destroy();
      return;
    }
    const far = connect(this.target, '127.0.0.1');
    this.carry(near, far);
    far.on('data', () => this.answered());
    this.carry(far, near);
  }

  private answered(): void {
    this.answersLeft -= 1;
    if (this.answersLeft === 0) this.breakAll();
  }

  private carry(from: Socket, to: Socket): void {
    const way = new Way(from, to, () => this.delayMs);
    this.ways.add(way);
    if (this.mode === 'blocked') way.block();
    from.once('close', () => this.ways.delete(way));
  }
}

/** One direction of a connection. Whatever its delay was, its bytes keep their order. */
class Way {
  readonly from: Socket;
  private readonly to: Socket;
  private readonly delayMs: () => number;
  private readonly held: { chunk: Buffer; due: number }[] = [];
  private timer: NodeJS.Timeout | undefined;
  private blocked = false;

  constructor(from: Socket, to: Socket, delayMs: () => number) {
    this.from = from;
    this.to = to;
    this.delayMs = delayMs;
    from.setNoDelay(true);
    from.on('data', (chunk) => this.take(chunk));
    from.once('error', () => to.destroy());
    from.once('close', () => {
      clearTimeout(this.timer);
      to.destroy();
    });
  }

  block(): void {
    this.blocked = true;
    clearTimeout(this.timer);
    this.from.pause();
  }

  restore(): void {
    this.blocked = false;
    this.pass(Infinity);
    this.from.resume();
  }

  private take(chunk: Buffer): void {
    const delay = this.delayMs();
    if (delay === 0 && this.held.length === 0 && !this.blocked) {
      this.to.write(chunk);
      return;
    }
    this.held.push({ chunk, due: performance.now() + delay });
    if (this.held.length === 1 && !this.blocked) this.wait();
  }

  private wait(): void {
    const [next] = this.held;
    if (!next) return;
    const left = Math.max(0, next.due - performance.now());
    this.timer = setTimeout(() => this.pass(performance.now()), left);
  }

  private pass(until: number): void {
    clearTimeout(this.timer);
    while (this.held[0] && this.held[0].due <= until) {
      const chunk = this.held.shift()?.chunk;
      if (chunk && this.to.writable) this.to.write(chunk);
    }
    this.wait();
  }
}
