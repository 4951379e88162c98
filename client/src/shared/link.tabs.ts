import type { StreamingClient } from '../client.js';
import { createHub, type Hub } from './hub.js';
import { holdLock, type Locks } from './locks.js';
import type { OpenLink, ToHub, ToTab } from './protocol.js';
import type { Tab } from './tab.js';

/** What is used of a BroadcastChannel. */
export interface BroadcastChannelLike {
  postMessage(message: ToHub | ToTab): void;
  addEventListener(
    type: 'message',
    listener: (event: { data: unknown }) => void,
    options: { signal: AbortSignal },
  ): void;
  close(): void;
}

/**
 * A link among tabs without a worker: the one that holds the group's lock is
 * the hub for all, itself included. When it goes, the lock falls to another,
 * which resumes where it was itself; all others drop what they have seen.
 * @param createClient the stream, for the case that this tab becomes the hub
 */
export function tabsLink(
  tab: Tab,
  Channel: new (name: string) => BroadcastChannelLike,
  locks: Locks,
  createClient: () => StreamingClient,
): OpenLink {
  return (receive) => {
    const life = new AbortController();
    const { signal } = life;
    let channel: BroadcastChannelLike | undefined;
    let hub: Hub | undefined;

    const toAllTabs = (message: ToTab): void => {
      if (signal.aborted) return;
      channel?.postMessage(message);
      receive(message);
    };
    const lead = (): void => {
      hub = createHub(createClient(), tab.recent, toAllTabs);
      toAllTabs({ kind: 'hub' });
    };
    const open = (name: string): void => {
      if (signal.aborted) return;
      channel = new Channel(name);
      const listener = ({ data }: { data: unknown }): void => {
        const message = data as ToHub | ToTab;
        if (isToHub(message)) hub?.receive(message);
        else receive(message);
      };
      channel.addEventListener('message', listener, { signal });
      // A hub that is there already answers the join; one that comes later announces itself.
      receive({ kind: 'hub' });
      holdLock(locks, name, signal, lead);
    };
    void groupName(tab.group).then(open);
    return {
      send(message) {
        if (hub) hub.receive(message);
        else channel?.postMessage(message);
      },
      close() {
        hub?.close();
        channel?.close();
        life.abort();
      },
    };
  };
}

/** Names are seen by every script of the origin, so the group's identity goes in as a hash. */
async function groupName(group: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(group));
  const hex = [...new Uint8Array(hash)].map((byte) => byte.toString(16).padStart(2, '0'));
  // The number is that of the protocol: another version's tabs form a group of their own.
  return `vx11-events 2 ${hex.join('')}`;
}

const TO_HUB: readonly string[] = ['join', 'leave', 'wake', 'connect', 'token'];

function isToHub(message: ToHub | ToTab): message is ToHub {
  return TO_HUB.includes(message.kind);
}
