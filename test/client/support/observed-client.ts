import { createEventsClient } from '../../../client/src/index.js';
import type {
  ClientState,
  EventsClient,
  EventsClientOptions,
  Message,
} from '../../../client/src/types.js';
import { ManualClock } from '../../../client/spec-support/manual-clock.js';

type Status = ClientState['status'];
type StateOf<S extends Status> = Extract<ClientState, { status: S }>;

/** A client on a manual clock that writes down everything it tells. */
export interface Observed {
  readonly client: EventsClient;
  readonly clock: ManualClock;
  readonly lifecycle: EventTarget;
  readonly messages: Message[];
  readonly statuses: Status[];
  /** Ids of the events delivered, in order. */
  readonly ids: string[];
  /** The first state of that status that was not yet waited for. */
  state<S extends Status>(status: S): Promise<StateOf<S>>;
  /** Resolves when that many events were delivered. */
  events(count: number): Promise<void>;
  /** The state after everything that waits for neither network nor clock has happened. */
  settled(): Promise<Status>;
  /** The first message of that type. */
  told<T extends Message['type']>(type: T): Promise<Extract<Message, { type: T }>['value']>;
}

export function observe(
  options: Partial<EventsClientOptions> & Pick<EventsClientOptions, 'baseUrl'>,
): Observed {
  const clock = new ManualClock();
  const lifecycle = new EventTarget();
  const client = createEventsClient({
    token: 'principal-token',
    clock,
    lifecycle,
    random: () => 0.5,
    ...options,
  });
  const messages: Message[] = [];
  const statuses: Status[] = [];
  const ids: string[] = [];
  let read = 0;
  let checks: (() => void)[] = [];
  const note = (message: Message): void => {
    messages.push(message);
    if (message.type === 'event') ids.push(message.value.id);
    if (message.type === 'state') statuses.push(message.value.status);
    for (const check of checks) check();
  };
  for (const type of TYPES) client.on(type, (value) => note({ type, value } as Message));

  const until = async <T>(find: () => T | undefined): Promise<T> =>
    new Promise((resolve) => {
      const check = (): void => {
        const found = find();
        if (found === undefined) return;
        checks = checks.filter((one) => one !== check);
        resolve(found);
      };
      checks.push(check);
      check();
    });

  return {
    client,
    clock,
    lifecycle,
    messages,
    statuses,
    ids,
    state: async (status) =>
      until(() => {
        const index = messages.findIndex(
          ({ type, value }, at) => at >= read && type === 'state' && value.status === status,
        );
        if (index < 0) return undefined;
        read = index + 1;
        return messages[index]?.value as StateOf<typeof status>;
      }),
    events: async (count) =>
      until(() => (ids.length >= count ? true : undefined)).then(() => undefined),
    settled: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return client.state.status;
    },
    told: async (type) => until(() => messages.find((one) => one.type === type)?.value as never),
  };
}

const TYPES = ['event', 'snapshot', 'recovered', 'gap', 'goodbye', 'malformed', 'state'] as const;
