import { effect, signal } from '@preact/signals';
import type { OperatorEvent, Position } from '@vx11/events-client';
import { api, may } from '../../session/session.js';
import { fetchPage } from '../connection/history.js';
import { annotated, isNote, type Annotation, type Annotations } from './notes.js';

/** Pages of notes that are read when the session begins; later notes come with the stream. */
const MOST_PAGES = 20;
const PAGE = 500;

/** What the operators have pinned, acknowledged and written, by the event in question. */
export const annotations = signal<Annotations>(new Map());

export function annotationOf(position: Position): Annotation | undefined {
  return annotations.value.get(position);
}

/** Where the reading of notes has stopped; null: nothing is older. */
export const notesReadTo = signal<Position | null | undefined>(undefined);

/** An event of the stream: it may be a note. */
export function takeNote(event: OperatorEvent): void {
  if (isNote(event)) annotations.value = annotated(annotations.peek(), [event]);
}

effect(() => {
  notesReadTo.value = undefined;
  if (!may('events:read')) {
    annotations.value = new Map();
    return;
  }
  const abort = new AbortController();
  void readNotes({}, abort.signal, (next) => (notesReadTo.value = next));
  return () => abort.abort();
});

/** The notes about one event, unless all notes were read. Returns a function that stops it. */
export function readNotesOf(position: Position): (() => void) | undefined {
  if (notesReadTo.peek() === null) return undefined;
  const abort = new AbortController();
  void readNotes({ subject: position }, abort.signal);
  return () => abort.abort();
}

/** Reads the newest notes first, and ends early when the server does not answer. */
async function readNotes(
  of: { subject?: Position },
  signal: AbortSignal,
  onPage?: (next: Position | null) => void,
): Promise<void> {
  const query = new URLSearchParams({ type: 'vx11.note.*', limit: String(PAGE), ...of });
  try {
    for (let page = 0; page < MOST_PAGES; page += 1) {
      const { events, next } = await fetchPage(query, signal);
      signal.throwIfAborted();
      annotations.value = annotated(annotations.peek(), events);
      onPage?.(next);
      if (next === null) return;
      query.set('before', next);
    }
  } catch {
    // The header shows why the server does not answer. Notes from the stream are still shown.
  }
}

export type NoteAction = 'pin' | 'unpin' | 'acknowledge' | 'note';

/** Tells all operators; the answer comes back with the stream. @throws ApiError */
export async function addNote(
  position: Position,
  action: NoteAction,
  text?: string,
): Promise<void> {
  await api(`/events/${position}/notes`, {
    method: 'POST',
    body: JSON.stringify({ action, ...(text !== undefined && { text }) }),
  });
}
