import type { StreamingClient } from '../client.js';
import { rawOf } from '../raw.js';
import type { Position } from '../position.js';
import type { Message, OperatorEvent } from '../types.js';
import { MESSAGE_TYPES, type ToHub, type ToTab } from './protocol.js';
import type { Recent } from './recent.js';

/** Holds the one stream and posts its messages to every tab. */
export interface Hub {
  receive(message: ToHub): void;
  /** Ends the stream without telling the tabs: another hub may follow. */
  close(): void;
}

export function createHub(
  client: StreamingClient,
  recent: Recent,
  post: (message: ToTab) => void,
): Hub {
  let begun = false;
  const pass = (message: Message): void => {
    if (message.type === 'gap') recent.clear();
    if (message.type === 'snapshot' || message.type === 'recovered') begun = true;
    if (message.type !== 'event') return post({ kind: 'message', message });
    recent.push(message.value);
    post({ kind: 'message', message: { type: 'event', value: jsonOf(message.value) } });
  };
  const offs = MESSAGE_TYPES.map((type) =>
    client.on(type, (value) => pass({ type, value } as Message)),
  );

  const welcome = async (tab: string, after: Position | undefined): Promise<void> => {
    const { missed, lost } = await before(client, recent, after);
    // No await from here on: later events are posted to all tabs. Where the two lists
    // overlap, the tab drops what it has seen.
    const events = [...missed, ...recent.after(after)].map(jsonOf);
    post({ kind: 'welcome', tab, state: client.state, events, lost, begun });
  };

  return {
    receive(message) {
      if (message.kind === 'join') void welcome(message.tab, message.after);
      if (message.kind === 'ping') post({ kind: 'here', tab: message.tab });
      if (message.kind === 'wake') client.wake();
      if (message.kind === 'connect') client.connect();
    },
    close() {
      for (const off of offs) off();
      client.close();
    },
  };
}

function jsonOf(event: OperatorEvent): string {
  const raw = rawOf(event);
  // An event whose position came only in its frame's `id:` needs it added.
  return raw?.includes(`"${event.position}"`) ? raw : JSON.stringify(event);
}

/** The events between a tab's position and the recent ones, from the server's history. */
async function before(
  client: StreamingClient,
  recent: Recent,
  start: Position | undefined,
): Promise<{ missed: OperatorEvent[]; lost: boolean }> {
  const missed: OperatorEvent[] = [];
  let lost = false;
  try {
    for (let after = start; after && !recent.covers(after);) {
      const page = await client.history({ after });
      missed.push(...page.events);
      lost ||= !!page.gap;
      if (!page.next || page.next === after) break;
      after = page.next;
    }
    return { missed, lost };
  } catch {
    return { missed, lost: true };
  }
}
