import { filter, firstValueFrom, Subject, take, takeUntil, timer, toArray } from 'rxjs';
import { newId } from '../kernel/ids.js';
import {
  BusUnavailable,
  InstanceBus,
  type Answerer,
  type BusMessage,
  type Question,
} from './instance-bus.js';
import type { Logger } from '../kernel/logger.js';
import type { RedisClient } from '../redis/redis-client.js';
import type { Followed, RedisStreamReader, StreamEntry } from '../redis/stream-reader.js';
import { RedisUnavailable } from '../redis/redis-unavailable.js';

/** Messages kept for instances that were cut off. */
const KEPT = 10_000;
/** Milliseconds that answers are kept for who asked. */
const ANSWERS_MS = 10_000;

/**
 * KEYS: stream, counter, and for an answer the list that it goes to. ARGV: from,
 * topic, body, answer. Messages are numbered without a gap.
 */
const SEND = `
local n = redis.call('INCR', KEYS[2])
if KEYS[3] then
  redis.call('RPUSH', KEYS[3], ARGV[4])
  redis.call('PEXPIRE', KEYS[3], ${ANSWERS_MS})
end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ${KEPT}, '*', 'n', n,
  'f', ARGV[1], 't', ARGV[2], 'b', ARGV[3])
return n
`;

/** KEYS: stream, counter. Returns the last number, and where it stands. */
const HEAD = `
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1]
return {tonumber(redis.call('GET', KEYS[2]) or '0'), last and last[1] or '0-0'}
`;

const ASKED = 'asked.';
const ANSWERED = 'answered.';

/**
 * The messages of all instances: one Redis stream in the slot of the event log.
 * Answers may be large, so they lie beside it for a few seconds and the stream
 * only tells that they are there.
 */
export class RedisInstanceBus extends InstanceBus implements Followed {
  readonly self = newId('i');
  readonly alone = false;
  readonly messages = new Subject<BusMessage>();
  readonly missed = new Subject<void>();
  readonly key: string;
  private readonly counter: string;
  private position = '0-0';
  private number = 0;

  constructor(
    private readonly redis: RedisClient,
    private readonly follower: RedisStreamReader,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    super();
    this.key = redis.key('events', 'bus');
    this.counter = redis.key('events', 'bus-number');
    follower.follow(this);
  }

  get live(): boolean {
    return this.follower.live;
  }

  /** From now on messages are received. */
  async open(): Promise<void> {
    [this.number, this.position] = await this.head();
  }

  renew(): void {
    this.follower.renew();
  }

  async send(topic: string, body: object): Promise<void> {
    await this.add(topic, body);
  }

  async ask({ topic, body, expected, timeoutMs }: Question): Promise<readonly unknown[]> {
    if (expected === 0) return [];
    const call = newId('q');
    // Listening before asking: an answer may be faster than the return of `send`.
    const told = firstValueFrom(
      this.messages.pipe(
        filter((message) => message.topic === ANSWERED + call),
        take(expected),
        takeUntil(timer(timeoutMs)),
        toArray(),
      ),
    );
    await this.add(ASKED + topic, { call, body });
    await told;
    const answers = (await this.reaching(
      this.redis.send('LRANGE', [this.answersTo(call), 0, -1]),
    )) as string[];
    return answers.map((answer) => JSON.parse(answer) as unknown);
  }

  answer(topic: string, answerer: Answerer): void {
    this.messages.subscribe((message) => {
      if (message.topic !== ASKED + topic || message.from === this.self) return;
      const { call, body } = message.body as { call: string; body: unknown };
      const answer = answerer(body);
      if (answer === undefined) return;
      this.add(ANSWERED + call, {}, { call, answer }).catch((err: unknown) =>
        this.logger.warn({ err, topic }, 'another instance could not be answered'),
      );
    });
  }

  cursor(): string {
    return this.position;
  }

  async resume(): Promise<void> {
    const [number, position] = await this.head();
    if (number >= this.number) return;
    // Redis lost the end of the stream: what comes next may stand before our position.
    this.number = number;
    this.position = position;
    this.missed.next();
  }

  take(entries: readonly StreamEntry[]): void {
    for (const [position, [, n, , from = '', , topic = '', , body = '{}']] of entries) {
      const number = Number(n);
      const hole = number !== this.number + 1;
      this.position = position;
      this.number = number;
      if (hole) this.missed.next();
      this.messages.next({ topic, from, body: JSON.parse(body) as unknown });
    }
  }

  private async add(
    topic: string,
    body: object,
    reply?: { readonly call: string; readonly answer: object },
  ): Promise<void> {
    await this.reaching(
      this.redis.run(
        SEND,
        [this.key, this.counter, ...(reply ? [this.answersTo(reply.call)] : [])],
        [this.self, topic, JSON.stringify(body), ...(reply ? [JSON.stringify(reply.answer)] : [])],
      ),
    );
  }

  private async reaching<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (!(error instanceof RedisUnavailable)) throw error;
      throw new BusUnavailable(error);
    }
  }

  private answersTo(call: string): string {
    return this.redis.key('events', 'answers', call);
  }

  private async head(): Promise<[number: number, position: string]> {
    return (await this.redis.run(HEAD, [this.key, this.counter], [])) as [number, string];
  }
}
