/**
 * What runs over a trunk: one connection of a gateway to an instance that carries many
 * requests for streams, and their responses, which are HTTP/1.1 unchanged. A frame is its
 * length (4 bytes, of all that follows), its kind (1 byte) and its body. All numbers are big
 * endian. docs/adr/0034-trunks.md says why.
 */
export const Kind = {
  /** To the instance: number of a new connection, then the head of its request. */
  open: 1,
  /** To the instance: number of a connection that the gateway has closed. */
  close: 2,
  /** To the instance: number of a connection whose client does not read at the moment. */
  pause: 3,
  /** To the instance: number of a connection whose client reads again. */
  resume: 4,
  /**
   * To the gateway: how many connections, their numbers, each once, then the bytes that each of
   * them gets. The gateway need not have the whole of it to pass on a part.
   */
  data: 5,
  /** To the gateway: number of a connection that the instance has closed. */
  end: 6,
  /** To the instance: any number, which comes back in a `pong`. */
  ping: 7,
  pong: 8,
  /** To the gateway: the instance shuts down, and wants no new connection. The number is 0. */
  retire: 9,
} as const;

const LENGTH_BYTES = 4;
const HEAD_BYTES = LENGTH_BYTES + 1;
export const NUMBER_BYTES = 4;
/** Every frame has a number, or a count of numbers. */
const START_BYTES = HEAD_BYTES + NUMBER_BYTES;

/** The name of the protocol in `Upgrade`. */
export const PROTOCOL = 'vx11-trunk';
export const TRUNK_PATH = '/trunk';
/** In an instance's answer to `/readyz`: it takes trunks. */
export const TRUNK_HEADER = 'x-vx11-trunk';

/** Most bytes of a `data` frame that belong to its connections; longer writes take several frames. */
export const MOST_DATA = 64 * 1024;
/** Most connections of a `data` frame, so that the gateway is not busy with one for long. */
export const MOST_NUMBERS = 512;
/** Most connections that a trunk carries at a time. */
export const MOST_CONNECTIONS = 65_536;
/** Most bytes of a request's head. Node's parser refuses one of 16 KiB. */
export const MOST_OPEN = 64 * 1024;
/** A number is not used twice, so that what is under way cannot reach another connection. */
export const LAST_NUMBER = 0xffff_ffff;

/** The longest frame to the gateway, with its length. */
export const MOST_TO_GATEWAY = HEAD_BYTES + NUMBER_BYTES * (1 + MOST_NUMBERS) + MOST_DATA;
/** The longest frame to the instance, with its length. */
export const MOST_TO_INSTANCE = HEAD_BYTES + NUMBER_BYTES + MOST_OPEN;

/** Any frame but `data`. */
export function frameOf(kind: number, number: number, rest = ''): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + NUMBER_BYTES + rest.length);
  frame.writeUInt32BE(frame.length - LENGTH_BYTES, 0);
  frame[LENGTH_BYTES] = kind;
  frame.writeUInt32BE(number, HEAD_BYTES);
  frame.write(rest, HEAD_BYTES + NUMBER_BYTES, 'latin1');
  return frame;
}

/** What stands in front of the bytes of a `data` frame. */
export function dataHead(numbers: readonly number[], bytes: number): Buffer {
  const head = Buffer.allocUnsafe(HEAD_BYTES + NUMBER_BYTES * (1 + numbers.length));
  head.writeUInt32BE(head.length - LENGTH_BYTES + bytes, 0);
  head[LENGTH_BYTES] = Kind.data;
  let at = head.writeUInt32BE(numbers.length, HEAD_BYTES);
  for (const number of numbers) at = head.writeUInt32BE(number, at);
  return head;
}

/** Thrown for bytes that are no frames of a trunk. */
export class TrunkFault extends Error {}

const NONE: Buffer = Buffer.alloc(0);
const always = () => true;

export interface FrameEvents {
  /**
   * A frame that is no `data`.
   * @param rest what follows the number, valid during the call
   */
  frame(kind: number, number: number, rest: Buffer): void;
  /**
   * A part of a `data` frame: as much of it as has come.
   * @param numbers of the connections that get the bytes, 4 bytes each; both valid during the call
   */
  data(numbers: Buffer, bytes: Buffer): void;
}

/** Reads frames, wherever the reads cut them, and copies none but what a cut has left behind. */
export class FrameReader {
  /** What was left when the reader might not go on. */
  private later = NONE;
  /** The beginning of a part that has not come whole. */
  private held = NONE;
  private part: 'head' | 'rest' | 'numbers' | 'data' = 'head';
  /** Bytes of the part; of data, those that are still to come. */
  private bytes = START_BYTES;
  private kind = 0;
  private number = 0;
  private numbers = NONE;
  /** Bytes of data behind the numbers. */
  private behind = 0;

  /** @param longest bytes of the longest frame, with its length */
  constructor(
    private readonly longest: number,
    private readonly events: FrameEvents,
  ) {}

  /**
   * @param mayGoOn is asked after each frame
   * @returns whether all is read; if not, call it again, with or without bytes
   * @throws TrunkFault for a frame that is too long or too short, and what the events throw
   */
  read(bytes: Buffer = NONE, mayGoOn = always): boolean {
    const all = this.later.length > 0 ? Buffer.concat([this.later, bytes]) : bytes;
    this.later = NONE;
    let at = 0;
    while (at < all.length) {
      if (this.part === 'data') {
        const piece = all.subarray(at, at + this.bytes);
        at += piece.length;
        this.bytes -= piece.length;
        this.events.data(this.numbers, piece);
        if (this.bytes === 0) this.expect('head', START_BYTES);
      } else {
        const missing = this.bytes - this.held.length;
        const piece = all.subarray(at, at + missing);
        at += piece.length;
        const part = this.held.length > 0 ? Buffer.concat([this.held, piece]) : piece;
        if (piece.length < missing) this.held = Buffer.from(part);
        else this.came(part);
      }
      if (this.part === 'head' && at < all.length && !mayGoOn()) {
        this.later = Buffer.from(all.subarray(at));
        return false;
      }
    }
    // They may lie in the buffer of this read.
    if (this.part === 'data') this.numbers = Buffer.from(this.numbers);
    return true;
  }

  private expect(part: FrameReader['part'], bytes: number): void {
    this.part = part;
    this.bytes = bytes;
    this.held = NONE;
  }

  /** A part has come whole. */
  private came(part: Buffer): void {
    if (this.part === 'head') {
      this.start(part);
    } else if (this.part === 'numbers') {
      this.numbers = part;
      this.expect('data', this.behind);
    } else {
      this.expect('head', START_BYTES);
      this.events.frame(this.kind, this.number, part);
    }
  }

  private start(head: Buffer): void {
    const frame = LENGTH_BYTES + head.readUInt32BE(0);
    if (frame > this.longest || frame < START_BYTES) throw new TrunkFault('length');
    this.kind = head[LENGTH_BYTES] as number;
    this.number = head.readUInt32BE(HEAD_BYTES);
    const rest = frame - START_BYTES;
    if (this.kind === Kind.data) {
      this.behind = rest - NUMBER_BYTES * this.number;
      // Without a number, or without bytes, there is nothing to give to anybody.
      if (this.number === 0 || this.behind <= 0) throw new TrunkFault('data');
      this.expect('numbers', rest - this.behind);
    } else if (rest > 0) {
      this.expect('rest', rest);
    } else {
      this.expect('head', START_BYTES);
      this.events.frame(this.kind, this.number, NONE);
    }
  }
}
