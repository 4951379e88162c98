import type { StreamingClient } from '../client.js';
import type { Position } from '../position.js';
import type { Message, OperatorEvent } from '../types.js';
import { MESSAGE_TYPES, type ToHub, type ToTab } from './protocol.js';
import type { Recent } from './recent.js';

/** Holds the one stream and hands what it tells to every tab. */
export interface Hub {
  receive(message: ToHub): void;
  /** Ends the stream without a word to the tabs: another hub may follow. */
  close(): void;
}

export function createHub(
  client: StreamingClient,
  recent: Recent,
  post: (message: ToTab) => void,
): Hub {
  let begun = false;
  const pass = (message: Message): void => {
    if (message.type === 'event') recent.push(message.value);
    if (message.type === 'gap') recent.clear();
    if (message.type === 'snapshot' || message.type === 'recovered') begun = true;
    post({ kind: 'message', message });
  };
  const offs = MESSAGE_TYPES.map((type) =>
    client.on(type, (value) => pass({ type, value } as Message)),
  );

  const welcome = async (tab: string, after: Position | undefined): Promise<void> => {
    const { missed, lost } = await before(client, recent, after);
    // No pause from here on: what comes after this is told to all tabs. Where the two
    // parts overlap, the tab drops what it has seen.
    const events = [...missed, ...recent.after(after)];
    post({ kind: 'welcome', tab, state: client.state, events, lost, begun });
  };

  return {
    receive(message) {
      if (message.kind === 'join') void welcome(message.tab, message.after);
      if (message.kind === 'wake') client.wake();
      if (message.kind === 'connect') client.connect();
    },
    close() {
      for (const off of offs) off();
      client.close();
    },
  };
}

/** What lies between a tab's place and the recent events, from the server's history. */
async function before(
  client: StreamingClient,
  recent: Recent,
  start: Position | undefined,
): Promise<{ missed: OperatorEvent[]; lost: boolean }> {
  const missed: OperatorEvent[] = [];
  try {
    for (let after = start; after && !recent.covers(after);) {
      const page = await client.history({ after });
      missed.push(...page.events);
      if (!page.next || page.next === after) break;
      after = page.next;
    }
    return { missed, lost: false };
  } catch {
    return { missed, lost: true };
  }
}
