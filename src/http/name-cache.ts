import { lookup as systemLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';

/** For how long an answer serves without another lookup, milliseconds. */
const FRESH_MS = 1_000;
/** How long a connection waits for a new answer when an old one is known, milliseconds. */
const PATIENCE_MS = 500;
/** For how long an old answer serves while DNS is silent or fails: addresses get new owners. */
const KNOWN_MS = 300_000;

type Answer = (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void;
/** All addresses of a host name. */
export type LookupAll = (host: string, answer: Answer) => void;

interface Known {
  addresses: readonly LookupAddress[];
  /** When they were found. */
  at: number;
  waiting: Answer[] | undefined;
}

/**
 * Looks up the host names of services for new connections, each at most once a second and once
 * at a time. A lookup occupies one of the few threads that Node has for it, for ten seconds when
 * DNS is silent; without this a moment of that keeps every new stream waiting.
 */
export class NameCache {
  private readonly names = new Map<string, Known>();

  constructor(
    private readonly lookupAll: LookupAll = (host, answer) =>
      systemLookup(host, { all: true }, answer),
  ) {}

  /** For the option `lookup` of connections and agents. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    this.find(host, (error, all) => {
      const addresses = error ? [] : ofFamily(all, options.family);
      const [first] = addresses;
      if (error || first === undefined) callback(error ?? notFound(host), '');
      else if (options.all) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };

  private find(host: string, answer: Answer): void {
    const known = this.names.get(host) ?? { addresses: [], at: -Infinity, waiting: undefined };
    this.names.set(host, known);
    const age = performance.now() - known.at;
    if (age < FRESH_MS) {
      queueMicrotask(() => answer(null, known.addresses));
      return;
    }
    const waits = age < KNOWN_MS ? orKnown(known.addresses, answer) : answer;
    if (known.waiting) known.waiting.push(waits);
    else this.look(host, known, waits);
  }

  private look(host: string, known: Known, first: Answer): void {
    known.waiting = [first];
    this.lookupAll(host, (error, addresses) => {
      if (!error) {
        known.addresses = addresses;
        known.at = performance.now();
      }
      const waiting = known.waiting ?? [];
      known.waiting = undefined;
      for (const answer of waiting) answer(error, addresses);
    });
  }
}

/** Answers once: with what is found, or with what is known when that is late or fails. */
function orKnown(addresses: readonly LookupAddress[], answer: Answer): Answer {
  let isOpen = true;
  const once: Answer = (error, found) => {
    if (!isOpen) return;
    isOpen = false;
    clearTimeout(late);
    answer(null, error ? addresses : found);
  };
  const late = setTimeout(() => once(null, addresses), PATIENCE_MS);
  return once;
}

function ofFamily(
  addresses: readonly LookupAddress[],
  family: LookupOptions['family'],
): readonly LookupAddress[] {
  const wanted = Number(String(family ?? 0).replace('IPv', ''));
  return wanted === 0 ? addresses : addresses.filter((one) => one.family === wanted);
}

function notFound(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' });
}

/** The process's own: what probes find serves the first stream as well. */
export const names = new NameCache();
