import { effect, signal } from '@preact/signals';
import type { OperatorEvent } from '@vx11/events-client';
import { hrefOf, route } from '../app/route.js';
import { isAtTop } from '../events/list/selection.js';
import { session } from '../session/session.js';
import { clockTime } from '../ui/time.js';
import { gatherBursts, messageFor, type Burst } from './digest.js';
import { preferences } from './preferences.js';
import { isQuiet } from './quiet-hours.js';

/** Critical events that arrived while the newest end of the list was not on screen. */
export const unseen = signal(0);

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

let announceSoon: (event: OperatorEvent) => void;
// One for each session: the next operator must not see the events of this one.
effect(() => {
  const { value } = session;
  announceSoon = gatherBursts((burst) => {
    if (session.peek() !== value) return;
    if (isQuiet(preferences.value, clockTime(Date.now(), 'local').slice(0, 5))) return;
    if (preferences.value.sound) beep();
    if (preferences.value.desktop) show(burst);
  });
});

/** Takes a live event, not one of the past: critical ones are counted and announced. */
export function notice(event: OperatorEvent): void {
  if (event.severity !== 'critical') return;
  if (!isLooking()) unseen.value += 1;
  announceSoon(event);
}

/** One notification for all tabs: they share its tag. A press opens the event, or the list of a burst. */
function show(burst: Burst): void {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return;
  const { title, body } = messageFor(burst);
  const { position } = burst.first;
  const note = new Notification(title, { body, tag: position });
  note.onclick = () => {
    globalThis.focus();
    const params = burst.count === 1 ? { event: position } : { severity: 'critical' };
    location.hash = hrefOf('events', new URLSearchParams(params));
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

// The dot is a second icon file: an icon drawn here would need `data:` in the content security policy.
effect(() => {
  const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]');
  if (!icon) return;
  const name = unseen.value > 0 ? 'icon-alert.svg' : 'icon.svg';
  icon.href = icon.href.slice(0, icon.href.lastIndexOf('/') + 1) + name;
});
