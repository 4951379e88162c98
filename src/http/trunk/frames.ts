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
  /** To the gateway: how many connections, their numbers, then the bytes that each of them gets. */
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

const always = () => true;
const NONE: Buffer = Buffer.alloc(0);

/** Reads frames, wherever the reads cut them. */
export class FrameReader {
  private held: Buffer = NONE;

  /**
   * @param longest bytes of the longest frame, with its length
   * @param frame gets the kind and the body of each frame, which is valid during the call
   */
  constructor(
    private readonly longest: number,
    private readonly frame: (kind: number, body: Buffer) => void,
  ) {}

  /**
   * @param mayGoOn is asked after each frame
   * @returns whether all whole frames are read; if not, call it again, with or without bytes
   * @throws TrunkFault for a frame that is too long or too short, and what `frame` throws
   */
  read(bytes: Buffer = NONE, mayGoOn = always): boolean {
    const all = this.held.length > 0 ? Buffer.concat([this.held, bytes]) : bytes;
    this.held = NONE;
    let at = 0;
    let isDone = false;
    for (;;) {
      const end = this.endOfFrame(all, at);
      isDone = end === undefined;
      if (end === undefined || (at > 0 && !mayGoOn())) break;
      this.frame(all[at + LENGTH_BYTES] as number, all.subarray(at + HEAD_BYTES, end));
      at = end;
    }
    if (at < all.length) this.held = Buffer.from(all.subarray(at));
    return isDone;
  }

  /** Undefined while it has not come whole. */
  private endOfFrame(bytes: Buffer, at: number): number | undefined {
    if (bytes.length - at < LENGTH_BYTES) return undefined;
    const length = LENGTH_BYTES + bytes.readUInt32BE(at);
    if (length > this.longest || length < HEAD_BYTES) throw new TrunkFault('length');
    return at + length > bytes.length ? undefined : at + length;
  }
}

/** @throws TrunkFault if the body is too short */
export function numberIn(body: Buffer): number {
  if (body.length < NUMBER_BYTES) throw new TrunkFault('number');
  return body.readUInt32BE(0);
}

/** The text behind a number. */
export function textIn(body: Buffer): Buffer {
  return body.subarray(NUMBER_BYTES);
}
