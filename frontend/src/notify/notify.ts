import { effect, signal } from '@preact/signals';
import type { OperatorEvent } from '@vx11/events-client';
import { hrefOf, route } from '../app/route.js';
import { summaryOf } from '../events/entry.js';
import { isAtTop } from '../events/list/selection.js';
import { session } from '../session/session.js';
import { clockTime } from '../ui/time.js';
import { preferences } from './preferences.js';
import { isQuiet } from './quiet-hours.js';

/** Critical events that arrived while nobody looked at the newest end of the list. */
export const unseen = signal(0);

/** Notifications of the desktop in this time, milliseconds; a storm is one message and a number. */
const PAUSE_MS = 5_000;

let notifiedAt = 0;

effect(() => {
  if (session.value.status === 'out') unseen.value = 0;
});
effect(() => {
  if (isLooking()) unseen.value = 0;
});
document.addEventListener('visibilitychange', () => {
  if (isLooking()) unseen.value = 0;
});

function isLooking(): boolean {
  return route.value.page === 'events' && isAtTop.value && !document.hidden;
}

/** An event has arrived, live: not one of the past. */
export function notice(event: OperatorEvent): void {
  if (event.severity !== 'critical') return;
  if (!isLooking()) unseen.value += 1;
  const now = Date.now();
  if (now - notifiedAt < PAUSE_MS) return;
  if (isQuiet(preferences.value, clockTime(now, 'local').slice(0, 5))) return;
  notifiedAt = now;
  if (preferences.value.sound) beep();
  if (preferences.value.desktop) show(event);
}

/** One for all tabs: the tag is the event's own. A press opens the event. */
function show(event: OperatorEvent): void {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return;
  const more = unseen.value > 1 ? ` (${unseen.value} critical events)` : '';
  const note = new Notification(`${event.module}: critical${more}`, {
    body: summaryOf(event) || event.type,
    tag: event.position,
  });
  note.onclick = () => {
    globalThis.focus();
    location.hash = hrefOf('events', new URLSearchParams({ event: event.position }));
    note.close();
  };
}

/** Two short tones, made here: there is no file to load. */
export function beep(): void {
  const context = new AudioContext();
  const volume = context.createGain();
  volume.gain.value = 0.15;
  volume.connect(context.destination);
  [880, 660].forEach((frequency, index) => {
    const tone = context.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(volume);
    tone.start(context.currentTime + index * 0.18);
    tone.stop(context.currentTime + index * 0.18 + 0.14);
    if (index === 1) tone.onended = () => void context.close();
  });
}

// The dot: another icon of our own, because a drawn one would need `data:` in the policy.
effect(() => {
  const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]');
  if (!icon) return;
  const name = unseen.value > 0 ? 'icon-alert.svg' : 'icon.svg';
  icon.href = icon.href.slice(0, icon.href.lastIndexOf('/') + 1) + name;
});
