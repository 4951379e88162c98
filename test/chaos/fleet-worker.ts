import { createEventsClient, type EventsClient, type Failure } from '@vx11/events-client';
import { Bitmap } from './bitmap.js';
import { expectedOf, Ledger, type Accepted, type Balance } from './ledger.js';
import { serve } from '../support/process/worker.ts';
import { filterOf, readEvent } from './workload.js';

/** Clients that open their first stream together. All at once would be a storm before the scenario. */
const AT_ONCE = 50;
/** Reconnections that are remembered one by one. */
const MOST_RECONNECTS = 200_000;

/** Something that was done to the system, and how long clients waited afterwards. */
interface Mark {
  readonly label: string;
  /** It was not done now, but made good. */
  readonly over: boolean;
  /** Epoch milliseconds. */
  readonly at: number;
  /** Of each client so far: until it had an event made after `at`, and whether its stream broke. */
  readonly waits: { ms: number; broke: boolean }[];
}

interface Member {
  readonly client: EventsClient;
  readonly ledger: Ledger;
  readonly number: number;
  gaps: number;
  connections: number;
  /** Marks that it has had no event after yet, and how many connections it had made by then. */
  readonly waitingFor: Map<Mark, number>;
}

export interface FleetReport {
  readonly balances: { client: number; gaps: number; balance: Balance }[];
  readonly received: number;
  readonly malformed: number;
  readonly snapshots: number;
  /** Clients that have given up, and why. */
  readonly stopped: string[];
  /** Why streams ended or did not open. */
  readonly causes: Record<string, number>;
  /** When connections were tried, epoch milliseconds; the first of each client is left out. */
  readonly reconnects: number[];
  readonly marks: Mark[];
}

const members: Member[] = [];
const marks: Mark[] = [];
const causes: Record<string, number> = {};
const stopped: string[] = [];
const reconnects: number[] = [];
let received = 0;
let malformed = 0;
let snapshots = 0;

function join(number: number, baseUrl: string, token: string): Promise<void> {
  const filter = filterOf(number);
  const client = createEventsClient({ baseUrl, token, filter, transport: 'fetch' });
  const member: Member = {
    client,
    ledger: new Ledger(filter),
    number,
    gaps: 0,
    connections: 0,
    waitingFor: new Map(),
  };
  members.push(member);
  client.on('event', (event) => {
    const ours = readEvent(event);
    if (!ours) return;
    received += 1;
    member.ledger.take(ours);
    for (const [mark, connections] of member.waitingFor) {
      if (ours.madeAt < mark.at) continue;
      member.waitingFor.delete(mark);
      const broke = member.connections > connections;
      mark.waits.push({ ms: Date.now() - mark.at, broke });
    }
  });
  client.on('gap', () => void (member.gaps += 1));
  client.on('malformed', () => void (malformed += 1));
  client.on('snapshot', () => void (snapshots += 1));
  return new Promise((resolve, reject) => {
    client.on('state', (state) => {
      switch (state.status) {
        case 'live':
          resolve();
          break;
        case 'connecting':
          member.connections += 1;
          if (member.connections > 1 && reconnects.length < MOST_RECONNECTS) {
            reconnects.push(Date.now());
          }
          break;
        case 'reconnecting':
        case 'polling':
          count(state.cause);
          break;
        case 'stopped':
          if (state.reason === 'closed') break;
          stopped.push(`client ${number}: ${state.reason}`);
          // Of a client that was live before, this has no effect.
          reject(new Error(`client ${number} has no stream: ${state.reason}`));
          break;
        case 'idle':
        case 'stale':
          break;
        default:
          state satisfies never;
      }
    });
  });
}

function count({ kind, status, code }: Failure): void {
  const cause = [kind, status, code].filter((part) => part !== undefined).join(' ');
  causes[cause] = (causes[cause] ?? 0) + 1;
}

/** Of each filter among the clients, what is expected; many clients share one. */
function expectations(words: readonly Uint32Array<ArrayBuffer>[]): (member: Member) => Accepted {
  const accepted = words.map((one) => new Bitmap(one));
  const known = new Map<string, Accepted>();
  return ({ number }) => {
    const filter = filterOf(number);
    const key = JSON.stringify(filter);
    let expected = known.get(key);
    if (!expected) {
      expected = expectedOf(filter, accepted);
      known.set(key, expected);
    }
    return expected;
  };
}

const commands = {
  /** Resolves when each of them has a stream. */
  async open(args: { baseUrl: string; tokens: string[]; first: number; count: number }) {
    const { baseUrl, tokens, first } = args;
    for (let from = 0; from < args.count; from += AT_ONCE) {
      const length = Math.min(AT_ONCE, args.count - from);
      const opened = Array.from({ length }, (_, index) =>
        join(first + from + index, baseUrl, tokens[(from + index) % tokens.length] as string),
      );
      await Promise.all(opened);
    }
  },

  /** From now on, how long does each client wait for an event made after `at`? */
  mark({ label, at, over }: { label: string; at: number; over: boolean }) {
    const mark: Mark = { label, over, at, waits: [] };
    marks.push(mark);
    for (const member of members) member.waitingFor.set(mark, member.connections);
  },

  /** How many deliveries have not been made yet. */
  missing({ accepted }: { accepted: Uint32Array<ArrayBuffer>[] }) {
    const expected = expectations(accepted);
    return members.reduce((sum, member) => sum + member.ledger.missing(expected(member)), 0);
  },

  async report({ accepted }: { accepted: Uint32Array<ArrayBuffer>[] }): Promise<FleetReport> {
    const expected = expectations(accepted);
    const balances = members.map((member) => ({
      client: member.number,
      gaps: member.gaps,
      balance: member.ledger.balance(expected(member)),
    }));
    return { balances, received, malformed, snapshots, stopped, causes, reconnects, marks };
  },

  close() {
    for (const { client } of members) client.close();
  },
};

export type FleetCommands = typeof commands;

serve(commands);
