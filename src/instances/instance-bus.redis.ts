import { filter, firstValueFrom, Subject, take, takeUntil, timer, toArray } from 'rxjs';
import { newId } from '../kernel/ids.js';
import { objectIn } from '../kernel/json.js';
import type { Logger } from '../kernel/logger.js';
import type { RedisClient } from '../redis/client.js';
import { LuaScript } from '../redis/lua-script.js';
import { fieldsOf, type StreamEntry } from '../redis/stream-entry.js';
import type { RedisStreamReader, StreamConsumer } from '../redis/stream-reader.js';
import { RedisUnavailable } from '../redis/unavailable.js';
import {
  BusUnavailable,
  InstanceBus,
  type Answerer,
  type BusMessage,
  type Question,
} from './instance-bus.js';

/** Messages kept for instances that were disconnected. */
const KEPT = 10_000;
/** Milliseconds that answers are kept for the instance that asked. */
const ANSWERS_MS = 10_000;

const SEND = LuaScript.load(import.meta.url, 'send.lua');
const NEWEST = LuaScript.load(import.meta.url, 'newest.lua');

const QUESTION = 'asked.';
const ANSWER = 'answered.';

/**
 * The messages of all instances: one Redis stream in the slot of the event log.
 * Answers can be large. They are kept in a list of their own for a few seconds,
 * and a message on the stream announces each one.
 */
export class RedisInstanceBus extends InstanceBus implements StreamConsumer {
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
    private readonly reader: RedisStreamReader,
    private readonly logger: Pick<Logger, 'warn'>,
  ) {
    super();
    this.key = redis.key('events', 'bus');
    this.counter = redis.key('events', 'bus-number');
    reader.add(this);
  }

  get live(): boolean {
    return this.reader.live;
  }

  /** Messages that are sent from now on are received. Waits for Redis. */
  async open(): Promise<void> {
    [this.number, this.position] = await this.redis.whenAnswering('to open the bus', () =>
      this.newest(),
    );
  }

  renew(): void {
    this.reader.renew();
  }

  async send(topic: string, body: object): Promise<void> {
    await this.publish(topic, body);
  }

  async ask({ topic, body, expected, timeoutMs }: Question): Promise<readonly unknown[]> {
    if (expected === 0) return [];
    const call = newId('q');
    // Subscribe before sending: an answer may arrive before `publish` returns.
    const announced = firstValueFrom(
      this.messages.pipe(
        filter((message) => message.topic === ANSWER + call),
        take(expected),
        takeUntil(timer(timeoutMs)),
        toArray(),
      ),
    );
    await this.publish(QUESTION + topic, { call, body });
    await announced;
    const answers = (await this.translated(
      this.redis.send('LRANGE', [this.answersTo(call), 0, -1]),
    )) as string[];
    return answers.map((answer) => JSON.parse(answer) as unknown);
  }

  answer(topic: string, answerer: Answerer): void {
    this.on(QUESTION + topic, (question, from) => {
      if (from === this.self) return;
      const { call, body } = question as { call: string; body: unknown };
      const answer = answerer(body);
      if (answer === undefined) return;
      this.publish(ANSWER + call, {}, { call, answer }).catch((err: unknown) =>
        this.logger.warn({ err, topic }, 'the answer to another instance could not be sent'),
      );
    });
  }

  cursor(): string {
    return this.position;
  }

  async resume(): Promise<void> {
    const [number, position] = await this.newest();
    if (number >= this.number) return;
    // Redis lost the end of the stream, so the next message may get an id before our position.
    this.number = number;
    this.position = position;
    this.missed.next();
  }

  take(entries: readonly StreamEntry[]): void {
    for (const entry of entries) {
      const { n, f: from = '', t: topic = '', b: text = '' } = fieldsOf(entry);
      const number = Number(n);
      const isMissing = number !== this.number + 1;
      [this.position] = entry;
      this.number = number;
      if (isMissing) this.missed.next();
      const body = objectIn(text);
      if (body) this.messages.next({ topic, from, body });
      else this.unreadable(topic, new Error('its body is no JSON object'));
    }
  }

  protected override unreadable(topic: string, err: unknown): void {
    this.logger.warn({ err, topic }, 'a message of another instance cannot be read; it is skipped');
  }

  private async publish(
    topic: string,
    body: object,
    reply?: { readonly call: string; readonly answer: object },
  ): Promise<void> {
    const keys = [this.key, this.counter];
    const args = [this.self, topic, JSON.stringify(body), KEPT];
    await this.translated(
      reply
        ? this.redis.run(
            SEND,
            [...keys, this.answersTo(reply.call)],
            [...args, JSON.stringify(reply.answer), ANSWERS_MS],
          )
        : this.redis.run(SEND, keys, args),
    );
  }

  /** @throws BusUnavailable for RedisUnavailable */
  private async translated<T>(work: Promise<T>): Promise<T> {
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

  /** Number and stream id of the newest message. */
  private async newest(): Promise<[number: number, position: string]> {
    return (await this.redis.run(NEWEST, [this.key, this.counter], [])) as [number, string];
  }
}
