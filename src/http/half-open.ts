import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';
import type { Logger } from '../kernel/logger.js';
import { inWaves } from '../kernel/waves.js';
import { normalizeAddress } from './address.js';

/**
 * The connections of this network namespace, one a line. Only Linux has these files.
 * https://docs.kernel.org/networking/proc_net_tcp.html
 */
const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6'];
/** Both ends, the kind of timer, retransmissions and unanswered probes in a row. */
const ROW = /^ *\d+: (\S+) (\S+) \S+ \S+ (..):\S+ ([\dA-F]{8}) +\d+ +(\d+) /gm;
/** The timer that asks a peer without room whether it has some again. */
const ZERO_WINDOW = '04';
/**
 * How often the same bytes were sent in vain before a peer counts as gone. The kernel doubles
 * the wait each time: from its shortest, 0.2 s, the seventh time comes after 25 s.
 */
const MOST_IN_VAIN = 7;
const LOOK_MS = 15_000;
const CLOSING_MS = 5_000;

/**
 * Closes connections whose peer has gone without a word: its network failed, or its machine
 * lost power. Writing to them does not fail, and TCP keep-alive sends nothing while data waits
 * for its acknowledgement, which after a heartbeat it always does. The kernel itself gives up
 * after 13 to 30 minutes. docs/adr/0033-half-open-connections.md says more.
 * @param sockets those to look at, whenever it looks
 * @returns stops it
 */
export function closeHalfOpen(sockets: () => Iterable<Socket>, logger: Logger): () => void {
  const look = async () => {
    const gone = await halfOpen([...sockets()]);
    if (gone.length === 0) return;
    logger.info({ connections: gone.length }, 'closing connections whose peers have vanished');
    // A network that fails takes thousands with it, and those that are left would wait.
    await inWaves(gone, CLOSING_MS, (socket) => socket.resetAndDestroy());
  };
  const timer = setInterval(() => {
    look().catch((err: unknown) => logger.warn({ err }, 'cannot look for vanished clients'));
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/**
 * The sockets whose peer acknowledges nothing. None where there is no table.
 * @param mostInVain transmissions of the same bytes, or probes, without an answer
 * @throws Error for a table that cannot be read
 */
export async function halfOpen(
  sockets: readonly Socket[],
  mostInVain = MOST_IN_VAIN,
  tables: readonly string[] = TABLES,
): Promise<Socket[]> {
  if (sockets.length === 0) return [];
  const texts = await Promise.all(tables.map(read));
  const gone = new Set(texts.flatMap((text) => [...silentIn(text, mostInVain)]));
  // Node knows the ports of clients already, and would ask the kernel for each local address.
  const ports = new Set([...gone].map((ends) => Number(ends.slice(ends.lastIndexOf(':') + 1))));
  return sockets.filter((socket) => ports.has(socket.remotePort ?? 0) && gone.has(endsOf(socket)));
}

function* silentIn(table: string, mostInVain: number): Iterable<string> {
  for (const [, local = '', remote = '', timer, resent = '', probes] of table.matchAll(ROW)) {
    const inVain = timer === ZERO_WINDOW ? Number(probes) : parseInt(resent, 16);
    if (inVain >= mostInVain) yield `${end(local)} ${end(remote)}`;
  }
}

function endsOf({ localAddress, localPort, remoteAddress, remotePort }: Socket): string {
  const address = (text = '') => normalizeAddress(text) ?? '';
  return `${address(localAddress)}:${localPort} ${address(remoteAddress)}:${remotePort}`;
}

/** An end as the table writes it, written as `endsOf` does: the address is in words of four bytes. */
function end(text: string): string {
  const [address = '', port = ''] = text.split(':');
  const bytes = (address.match(/.{8}/g) ?? []).flatMap((word) => {
    const some = Buffer.from(word, 'hex');
    return [...(endianness() === 'LE' ? some.reverse() : some)];
  });
  const written =
    bytes.length === 4
      ? bytes.join('.')
      : (Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(':');
  return `${normalizeAddress(written) ?? ''}:${parseInt(port, 16)}`;
}

async function read(table: string): Promise<string> {
  try {
    return await readFile(table, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}
