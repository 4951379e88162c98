import { StreamStoppedError } from './errors.js';
import type { ClientMessages, ClientState, EventsClient, Message, OperatorEvent } from './types.js';

/** Hands messages to callbacks and iterations, and keeps the state. */
export interface Channel extends Pick<EventsClient, 'on'> {
  state: ClientState;
  setState(state: ClientState): void;
  emit(message: Message): void;
  events(): AsyncGenerator<OperatorEvent, void, void>;
  messages(): AsyncGenerator<Message, void, void>;
}

/**
 * @param bufferLimit messages that wait for one iteration before it fails
 * @param onDemand called when somebody begins to listen
 */
export function createChannel(bufferLimit: number, onDemand: () => void): Channel {
  const listeners = new Set<(message: Message) => void>();
  const queue: Message[] = [];

  const add = (listener: (message: Message) => void): (() => void) => {
    listeners.add(listener);
    onDemand();
    return () => void listeners.delete(listener);
  };

  const channel: Channel = {
    state: { status: 'idle' },

    setState(value) {
      channel.state = value;
      channel.emit({ type: 'state', value });
    },

    emit(message) {
      // A listener may close the client: all hear of that after this message, which it caused.
      if (queue.push(message) > 1) return;
      for (let next; (next = queue[0]); queue.shift()) {
        // A copy: one that a listener adds, and may add at each call, hears the next message.
        for (const listener of new Set(listeners)) {
          try {
            if (listeners.has(listener)) listener(next);
          } catch (error) {
            // The listener's fault, reported as its own: it must not end the stream.
            queueMicrotask(() => {
              throw error;
            });
          }
        }
      }
    },

    on: (type, listener) =>
      add((message) => {
        if (message.type === type) listener(message.value as ClientMessages[typeof type]);
      }),

    events: () => iterate(({ type, value }) => type === 'event' && value),
    messages: () => iterate((message) => message),
  };

  /** What `pick` takes of each message. */
  async function* iterate<T>(pick: (message: Message) => T | false): AsyncGenerator<T, void, void> {
    const waiting: T[] = [];
    let wake: (() => void) | undefined;
    const remove = add((message) => {
      const picked = pick(message);
      // One more than allowed is kept, as the sign that the reader fell behind.
      if (picked && waiting.length <= bufferLimit) waiting.push(picked);
      wake?.();
    });
    try {
      for (;;) {
        if (waiting.length > bufferLimit) throw new RangeError('too slow');
        yield* waiting.splice(0);
        if (waiting.length) continue;
        const { state } = channel;
        if (state.status === 'stopped') {
          if (state.reason === 'closed') return;
          throw new StreamStoppedError(state);
        }
        await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      remove();
    }
  }
  return channel;
}
