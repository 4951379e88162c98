import type { StreamingClient } from '../client.js';
import { createHub, type Hub } from './hub.js';
import { holdLock, type Locks } from './locks.js';
import type { OpenLink, ToHub, ToTab } from './protocol.js';
import type { Tab } from './tab.js';

/** What is used of a BroadcastChannel. */
export interface BroadcastChannelLike {
  postMessage(message: ToHub | FromHub): void;
  addEventListener(
    type: 'message',
    listener: (event: { data: unknown }) => void,
    options: { signal: AbortSignal },
  ): void;
  close(): void;
}

/** With the tab that the hub is in. */
type FromHub = ToTab & { from: string };

/**
 * A link among tabs without a worker: the one that holds the group's lock is
 * the hub for all, itself included. When it goes, the lock falls to another,
 * which resumes where it was itself; all others drop what they have seen. The tab
 * of a hub may be blocked, by a dialog or a debugger: then another takes its lock.
 * @param createClient the stream, for the case that this tab becomes the hub
 */
export function tabsLink(
  tab: Tab,
  Channel: new (name: string) => BroadcastChannelLike,
  locks: Locks,
  createClient: () => StreamingClient,
): OpenLink {
  return (receive, isLost) => {
    const life = new AbortController();
    const { signal } = life;
    let channel: BroadcastChannelLike | undefined;
    let hub: Hub | undefined;
    /** Whose hub this tab listens to: one that lost its lock may not know it yet. */
    let leader: string | undefined;

    const toAllTabs = (message: ToTab): void => {
      if (signal.aborted) return;
      channel?.postMessage({ ...message, from: tab.id });
      receive(message);
    };
    const lead = (): void => {
      leader = tab.id;
      hub = createHub(createClient(), tab.recent, toAllTabs);
      toAllTabs({ kind: 'hub' });
    };
    const follow = (name: string, steal: boolean): void => {
      leader = undefined;
      // A hub that is there already answers the join; one that comes later announces itself.
      receive({ kind: 'hub' });
      holdLock(locks, name, signal, lead, steal, () => {
        hub?.close();
        hub = undefined;
        follow(name, false);
      });
    };
    const open = (name: string): void => {
      if (signal.aborted) return;
      channel = new Channel(name);
      const listener = ({ data }: { data: unknown }): void => {
        const message = data as ToHub | FromHub;
        if (isToHub(message)) return hub?.receive(message);
        if (message.kind === 'hub') leader = message.from;
        leader ??= message.from;
        if (leader === message.from) receive(message);
      };
      channel.addEventListener('message', listener, { signal });
      follow(name, isLost);
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
  return `vx11-events 3 ${hex.join('')}`;
}

const TO_HUB: readonly string[] = ['join', 'leave', 'wake', 'connect', 'ping', 'token'];

function isToHub(message: ToHub | FromHub): message is ToHub {
  return TO_HUB.includes(message.kind);
}
