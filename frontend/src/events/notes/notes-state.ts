import { effect, signal } from '@preact/signals';
import type { OperatorEvent, Position } from '@vx11/events-client';
import { api, session } from '../../session/session.js';
import { fetchPage } from '../connection/history.js';
import { annotated, isNote, type Annotation, type Annotations } from './notes.js';

/** Notes that are read when the session begins; later ones come with the stream. */
const MOST = 500;

/** What the operators have pinned, acknowledged and written, by the event in question. */
export const annotations = signal<Annotations>(new Map());

export function annotationOf(position: Position): Annotation | undefined {
  return annotations.value.get(position);
}

/** An event of the stream: it may be a note. */
export function takeNote(event: OperatorEvent): void {
  if (isNote(event)) annotations.value = annotated(annotations.peek(), [event]);
}

effect(() => {
  if (session.value.status === 'out') {
    annotations.value = new Map();
    return;
  }
  const query = new URLSearchParams({ type: 'vx11.note.*', limit: String(MOST) });
  const abort = new AbortController();
  void fetchPage(query, abort.signal).then(
    ({ events }) => (annotations.value = annotated(annotations.peek(), events)),
    // The header shows why the server does not answer. Notes from the stream are still shown.
    () => undefined,
  );
  return () => abort.abort();
});

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
