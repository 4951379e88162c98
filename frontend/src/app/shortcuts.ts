import { signal } from '@preact/signals';
import { readPreference, writePreference } from '../ui/preference.js';

/** Single keys can be switched off: they interfere with speech input (WCAG 2.1.4). */
export const areShortcutsOn = signal(readPreference('vx11-shortcuts') !== 'off');

export const isHelpOpen = signal(false);

type Handlers = Readonly<Record<string, () => void>>;

const layers: Handlers[] = [];

/** Adds keys while a part of the page is shown; returns a function that removes them. */
export function addShortcuts(handlers: Handlers): () => void {
  layers.push(handlers);
  return () => void layers.splice(layers.indexOf(handlers), 1);
}

export function switchShortcuts(on: boolean): void {
  areShortcutsOn.value = on;
  writePreference('vx11-shortcuts', on ? 'on' : 'off');
}

document.addEventListener('keydown', (event) => {
  if (event.defaultPrevented || event.altKey) return;
  const isCombined = event.ctrlKey || event.metaKey;
  const key = isCombined ? `Ctrl+${event.key.toUpperCase()}` : event.key;
  // Escape and key combinations are not single character keys, so they always work.
  if (!isCombined && key !== 'Escape' && (!areShortcutsOn.value || isTaken(event))) return;
  if (document.querySelector('dialog:modal, [popover]:popover-open')) return;
  const handler = layers.findLast((layer) => key in layer)?.[key];
  if (!handler) return;
  event.preventDefault();
  handler();
});

/** Whether the focused element uses the key itself: text in a field, Space and Enter on a button. */
function isTaken({ key, target }: KeyboardEvent): boolean {
  if (!(target instanceof Element)) return false;
  if (target.matches('textarea, select, [contenteditable]')) return true;
  if (target.matches('input'))
    return !target.matches('[type=radio], [type=checkbox]') || key === ' ';
  return (key === ' ' || key === 'Enter') && target.matches('button, a, summary');
}
