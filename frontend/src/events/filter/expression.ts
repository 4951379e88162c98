import { signal, type ReadonlySignal } from '@preact/signals';
import type { OperatorEvent } from '@vx11/events-client';
import type { Marks, SearchReply, SearchRequest } from './search-worker.js';
import { searchText } from './search-text.js';

/** A pattern that needs longer than this for one portion of texts is ended, milliseconds. */
const LIMIT_MS = 200;
/** Characters that go to the worker in one portion; a harmless pattern reads them in a few milliseconds. */
const PORTION = 200_000;
/** Number of texts whose marks are cached. */
const MOST_MARKED = 5_000;

const NO_MARKS: Marks = [];

/** The part of a dedicated worker that is used. */
export interface SearchWorker {
  postMessage(request: SearchRequest): void;
  terminate(): void;
  onmessage: ((event: MessageEvent<SearchReply>) => unknown) | null;
}

interface Waiting {
  readonly request: SearchRequest;
  readonly resolve: (results: readonly (boolean | Marks)[] | undefined) => void;
}

/** A regular expression to search with; it never runs in the page. */
export class Expression {
  /** Why it is not used: it was stopped. */
  readonly fault = signal<string | undefined>(undefined);
  /** Changes when marks have arrived. */
  private readonly marked = signal(0);
  private readonly verdicts = new WeakMap<OperatorEvent, boolean>();
  private readonly marks = new Map<string, Marks>();
  private wanted = new Set<string>();
  private readonly queue: Waiting[] = [];
  private worker: SearchWorker | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastId = 0;

  /** @param source a valid pattern */
  constructor(
    readonly source: string,
    private readonly createWorker: () => SearchWorker,
  ) {}

  /** Whether the event matches; false for one that `judge` has not seen. */
  matches(event: OperatorEvent): boolean {
    return this.verdicts.get(event) ?? false;
  }

  /** Decides for these events, in portions; resolves early when the pattern is stopped. */
  async judge(events: readonly OperatorEvent[]): Promise<void> {
    let portion: OperatorEvent[] = [];
    let texts: string[] = [];
    let size = 0;
    const decide = async (): Promise<void> => {
      const judged = portion;
      const results = await this.ask('test', texts);
      results?.forEach((result, index) => {
        const event = judged[index];
        if (event) this.verdicts.set(event, result === true);
      });
      [portion, texts, size] = [[], [], 0];
    };
    for (const event of events) {
      if (this.fault.peek() !== undefined) return;
      if (this.verdicts.has(event)) continue;
      const text = searchText(event);
      portion.push(event);
      texts.push(text);
      size += text.length;
      if (size >= PORTION) await decide();
    }
    if (portion.length > 0) await decide();
  }

  /** Where it matches in a text on screen; empty until the worker has answered. */
  marksIn(text: string): Marks {
    const known = this.marks.get(text);
    if (known) return known;
    // Subscribes the component, which renders again when the marks have arrived.
    void this.marked.value;
    if (this.fault.value !== undefined) return NO_MARKS;
    if (this.wanted.size === 0) queueMicrotask(() => void this.findMarks());
    this.wanted.add(text);
    return NO_MARKS;
  }

  get stopped(): ReadonlySignal<string | undefined> {
    return this.fault;
  }

  /** Ends the worker. */
  dispose(): void {
    this.end();
  }

  private async findMarks(): Promise<void> {
    const texts = [...this.wanted];
    this.wanted = new Set();
    const results = await this.ask('marks', texts);
    if (!results) return;
    if (this.marks.size > MOST_MARKED) this.marks.clear();
    texts.forEach((text, index) => this.marks.set(text, results[index] as Marks));
    this.marked.value += 1;
  }

  private ask(
    kind: SearchRequest['kind'],
    texts: readonly string[],
  ): Promise<readonly (boolean | Marks)[] | undefined> {
    if (this.fault.peek() !== undefined) return Promise.resolve(undefined);
    this.lastId += 1;
    const request = { id: this.lastId, source: this.source, kind, texts };
    return new Promise((resolve) => {
      this.queue.push({ request, resolve });
      // One portion at a time: the limit is for each.
      if (this.queue.length === 1) this.send(request);
    });
  }

  private send(request: SearchRequest): void {
    if (!this.worker) {
      this.worker = this.createWorker();
      this.worker.onmessage = ({ data }) => this.take(data);
    }
    this.worker.postMessage(request);
  }

  private take(reply: SearchReply): void {
    const first = this.queue[0];
    if (first?.request.id !== reply.id) return;
    if ('started' in reply) {
      this.timer = setTimeout(() => this.lookAgain(reply.id), LIMIT_MS);
      return;
    }
    clearTimeout(this.timer);
    this.queue.shift();
    first.resolve(reply.results);
    const next = this.queue[0];
    if (next) this.send(next.request);
  }

  /** The page itself may have been busy: it first takes a reply that has arrived already. */
  private lookAgain(id: number): void {
    this.timer = setTimeout(() => {
      if (this.queue[0]?.request.id !== id) return;
      this.fault.value = `This expression was stopped: it needs more than ${LIMIT_MS} ms. Simplify it, or search for plain text.`;
      this.end();
    });
  }

  private end(): void {
    clearTimeout(this.timer);
    this.worker?.terminate();
    this.worker = undefined;
    for (const { resolve } of this.queue.splice(0)) resolve(undefined);
  }
}

/** Written out as the bundler looks for it. */
export function createSearchWorker(): SearchWorker {
  return new Worker(new URL('./search-worker.js', import.meta.url), {
    type: 'module',
    name: 'vx11-search',
  });
}
