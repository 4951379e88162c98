import { seeded } from '../../chaos/random.js';
import { converse, type Conversation } from './client.js';
import { makeScript, type Script } from './grammar.js';
import { ID, type Watcher } from './recorder.js';
import { closesConnection, readMessages, valuesOf, type Message } from './strict-parser.js';

/** Connections whose requests are still compared with what arrives. */
const REMEMBERED = 20_000;
const ALONGSIDE = 24;
/** How many of a kind are kept. */
const SAMPLES = 3;

export interface Violation {
  readonly what: string;
  /** What the client sent, where that is known. */
  readonly sent: string | undefined;
}

export interface FuzzReport {
  connections: number;
  /** Whole requests by the strict parser, before the first fault of their connection. */
  requests: number;
  forwarded: number;
  refused: number;
  /** Connections with bytes that are no HTTP by the strict parser. */
  faults: number;
  endedEarly: number;
  /** A few of each kind. */
  readonly violations: Violation[];
  /** How many there were of each kind. */
  readonly kinds: Record<string, number>;
}

/**
 * Sends made-up connections through the gateway until they hold `requests` requests,
 * and compares three readings of the same bytes: the strict parser's, the gateway's
 * (by its answers), and the service's (by what arrives there).
 */
export class Fuzz implements Watcher {
  readonly report: FuzzReport = {
    connections: 0,
    requests: 0,
    forwarded: 0,
    refused: 0,
    faults: 0,
    endedEarly: 0,
    violations: [],
    kinds: {},
  };
  private readonly sent = new Map<string, { message: Message; arrived: boolean; script: Script }>();
  private readonly scripts = new Map<number, string[]>();

  async run(
    { port, token }: { port: number; token: string },
    { seed, requests }: { seed: number; requests: number },
    progress: (report: FuzzReport) => void = () => {},
  ): Promise<FuzzReport> {
    const random = seeded(seed);
    let next = 0;
    const worker = async () => {
      while (this.report.requests < requests) {
        const number = next;
        next += 1;
        await this.converse(port, number, makeScript(random, number, token));
        if (number % 5_000 === 0) progress(this.report);
      }
    };
    await Promise.all(Array.from({ length: ALONGSIDE }, worker));
    return this.report;
  }

  arrived(message: Message): void {
    const ids = valuesOf(message, ID);
    const known = this.sent.get(ids.join());
    if (!known) {
      this.violation(`a request arrived that nobody sent: ${summary(message)}`);
      return;
    }
    if (known.arrived) this.violation(`a request arrived twice: ${summary(message)}`, known.script);
    known.arrived = true;
    const difference = differenceOf(known.message, message);
    if (difference) this.violation(`${difference} of ${ids.join()} differs`, known.script);
  }

  broken(why: string, bytes: Buffer): void {
    this.violation(
      `the gateway sent what is no HTTP (${why}): ${JSON.stringify(bytes.toString('latin1').slice(0, 300))}`,
    );
  }

  private async converse(port: number, number: number, script: Script): Promise<void> {
    const { messages, rest } = readMessages(script.bytes);
    const close = messages.findIndex(closesConnection);
    const whole = close < 0 ? messages : messages.slice(0, close + 1);
    const ids = whole.map((message) => valuesOf(message, ID).join());
    whole.forEach((message, index) => {
      const id = ids[index];
      if (id) this.sent.set(id, { message, arrived: false, script });
    });
    this.remember(number, ids);
    const { report } = this;
    report.connections += 1;
    report.requests += whole.length;
    if (rest.kind === 'fault') report.faults += 1;
    if (rest.kind === 'unfinished') report.endedEarly += 1;
    const conversation = await converse(port, pieces(script), {
      answers: whole.length + (rest.kind === 'fault' ? 1 : 0),
      heads: whole.map(({ method }) => method === 'HEAD'),
    });
    this.compare(whole, ids, script, conversation);
  }

  /** The answers against what arrived: forwarded ones first, then at most one refusal that closes. */
  private compare(
    whole: readonly Message[],
    ids: readonly string[],
    script: Script,
    { statuses, ids: answered, closedByServer, nonsense }: Conversation,
  ): void {
    const { report } = this;
    if (nonsense !== undefined) {
      this.violation(`no answer, but ${JSON.stringify(nonsense)}`, script);
      return;
    }
    statuses.forEach((status, index) => {
      const id = ids[index];
      const isLast = index === statuses.length - 1;
      if (status === 200) {
        report.forwarded += 1;
        if (answered[index] !== id) {
          this.violation(`answer ${index} is of ${answered[index]}, not of ${id}`, script);
        } else if (!this.sent.get(id ?? '')?.arrived) {
          this.violation(`${id} was answered and did not arrive`, script);
        }
        return;
      }
      report.refused += 1;
      if (!isLast) this.violation(`the gateway went on after it answered ${status}`, script);
      if (index < script.plain) this.violation(`a plain request was answered ${status}`, script);
    });
    if (statuses.length < Math.min(script.plain, whole.length)) {
      this.violation(`${whole.length} requests got ${statuses.length} answers`, script);
    }
    const refused = statuses.findIndex((status) => status !== 200);
    if (refused >= 0 && refused + 1 < ids.length && !closedByServer) {
      this.violation('the gateway left the connection open after a refusal', script);
    }
    for (const id of refused < 0 ? [] : ids.slice(refused)) {
      if (this.sent.get(id)?.arrived) this.violation(`${id} arrived although refused`, script);
    }
  }

  private remember(number: number, ids: readonly string[]): void {
    this.scripts.set(number, [...ids]);
    const old = number - REMEMBERED;
    for (const id of this.scripts.get(old) ?? []) this.sent.delete(id);
    this.scripts.delete(old);
  }

  private violation(what: string, script?: Script): void {
    const { violations, kinds } = this.report;
    const kind = what.replace(/[:(].*$/s, '').replace(/\d[\d.]*\S*/g, 'n');
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    if (kinds[kind] > SAMPLES) return;
    violations.push({ what, sent: script?.bytes.toString('latin1') });
  }
}

/** The part of a request that arrived otherwise than it was sent; `undefined` when none did. */
function differenceOf(sent: Message, arrived: Message): string | undefined {
  if (arrived.method !== sent.method) return 'the method';
  if (arrived.target !== targetAtService(sent.target)) return 'the target';
  if (!arrived.body.equals(sent.body)) return 'the body';
  if (
    valuesOf(arrived, 'host').join() !==
    (valuesOf(sent, 'host').join() || valuesOf(arrived, 'host').join())
  )
    return 'the host';
  if (valuesOf(arrived, 'x-forwarded-for').join() !== '127.0.0.1')
    return 'the address of the client';
  return undefined;
}

/** Neighbours see their own paths. */
function targetAtService(target: string): string {
  const own = /^\/(?:madre|switch|hermes)(.*)$/.exec(target)?.[1];
  if (own === undefined) return target;
  return own.startsWith('/') ? own : `/${own}`;
}

function pieces({ bytes, cuts }: Script): Buffer[] {
  const ends = [...cuts, bytes.length];
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

function summary({ method, target, fields, body }: Message): string {
  return JSON.stringify({ method, target, fields, body: body.toString('latin1').slice(0, 200) });
}
