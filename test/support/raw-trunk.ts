import { connect, type Socket } from 'node:net';
import { HOP_HEADER, HopKeys } from '../../src/http/hop-keys.js';
import {
  FrameReader,
  frameOf,
  Kind,
  MOST_TO_GATEWAY,
  PROTOCOL,
  TRUNK_PATH,
} from '../../src/http/trunk/frames.js';
import { until } from './until.js';

/** A gateway's end of a trunk that keeps all that comes, frame by frame. */
export class RawTrunk {
  /** What each connection got, in latin1. */
  readonly got = new Map<number, string>();
  readonly ended: number[] = [];
  readonly pongs: number[] = [];
  isRetired = false;
  /** How many connections each frame of data was for. */
  readonly shares: number[] = [];
  isClosed = false;
  private readonly reader = new FrameReader(MOST_TO_GATEWAY, {
    frame: (kind, number) => {
      if (kind === Kind.end) this.ended.push(number);
      if (kind === Kind.pong) this.pongs.push(number);
      if (kind === Kind.retire) this.isRetired = true;
    },
    data: (numbers, bytes) => {
      this.shares.push(numbers.length / 4);
      const text = bytes.toString('latin1');
      for (let at = 0; at < numbers.length; at += 4) {
        const number = numbers.readUInt32BE(at);
        this.got.set(number, (this.got.get(number) ?? '') + text);
      }
    },
  });

  private constructor(readonly socket: Socket) {
    socket.on('error', () => socket.destroy());
    socket.once('close', () => (this.isClosed = true));
  }

  static async open(url: string, key: string): Promise<RawTrunk> {
    const { socket, status, rest } = await upgrade(url, { key });
    if (status !== 101) throw new Error(`no trunk: ${status}`);
    const trunk = new RawTrunk(socket);
    trunk.reader.read(rest);
    socket.on('data', (bytes: Buffer) => void trunk.reader.read(bytes));
    return trunk;
  }

  /** Sends a GET as connection `number`. */
  get(number: number, target: string, headers = ''): void {
    const head = `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`;
    this.socket.write(frameOf(Kind.open, number, head));
  }

  send(kind: number, number: number): void {
    this.socket.write(frameOf(kind, number));
  }

  async has(number: number, text: string): Promise<void> {
    await until(() => this.got.get(number)?.includes(text) ?? false);
  }
}

/** Asks for a trunk; by default as a gateway with this key does. */
export async function upgrade(
  url: string,
  {
    key,
    method = 'GET',
    target = TRUNK_PATH,
    protocol = PROTOCOL,
    signature,
  }: {
    key?: string;
    method?: string;
    target?: string;
    protocol?: string;
    signature?: string;
  },
): Promise<{ socket: Socket; status: number; rest: Buffer; text: string }> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const own = key && new HopKeys([key]).signOwn(`http://a${target}`, Date.now())[HOP_HEADER];
  const hop = signature ?? own;
  socket.write(
    `${method} ${target} HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\n${hop ? `${HOP_HEADER}: ${hop}\r\n` : ''}\r\n`,
  );
  const bytes = await new Promise<Buffer>((resolve, reject) => {
    socket.once('data', resolve).once('error', reject);
    socket.once('close', () => reject(new Error('closed without an answer')));
  });
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n') + 4;
  return { socket, status: Number(text.split(' ')[1]), rest: bytes.subarray(end), text };
}
