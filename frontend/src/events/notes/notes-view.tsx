import { useSignal } from '@preact/signals';
import type { Position } from '@vx11/events-client';
import { useEffect } from 'preact/hooks';
import { messageOf } from '../../session/problem.js';
import { fullTime } from '../../ui/time.js';
import { toast } from '../../ui/toast.js';
import { acceptedAt } from '../entry.js';
import { zone } from '../settings.js';
import { draftOf, keepDraft } from './drafts.js';
import type { Mark } from './notes.js';
import { addNote, annotationOf, readNotesOf, type NoteAction } from './notes-state.js';
import { Seen } from '../../ui/seen.js';

const MOST_LETTERS = 2_000;

const add = (position: Position, action: NoteAction, text?: string): Promise<boolean> =>
  addNote(position, action, text).then(
    () => true,
    (error: unknown) => {
      toast(messageOf(error));
      return false;
    },
  );

/** Pin and acknowledge, for all operators. */
export function NoteButtons({ position }: { position: Position }) {
  const { pinned, acknowledged } = annotationOf(position) ?? {};
  return (
    <>
      <button
        type="button"
        title="For all operators; pinned events are on the overview"
        onClick={() => void add(position, pinned ? 'unpin' : 'pin')}
      >
        {pinned ? 'Unpin' : 'Pin'}
      </button>
      {!acknowledged && (
        <button
          type="button"
          title="Tells all operators that you take care of it"
          onClick={() => void add(position, 'acknowledge')}
        >
          Acknowledge
        </button>
      )}
    </>
  );
}

/** What operators have written about an event, and a field for more. */
export function Notes({ position }: { position: Position }) {
  return <NotesOf key={position} position={position} />;
}

function NotesOf({ position }: { position: Position }) {
  const isBusy = useSignal(false);
  useEffect(() => readNotesOf(position), [position]);
  const { pinned, acknowledged, notes = [] } = annotationOf(position) ?? {};
  const draft = draftOf(position);
  const send = async (): Promise<void> => {
    const text = draft.trim();
    if (text === '' || isBusy.value) return;
    isBusy.value = true;
    const isKept = await add(position, 'note', text);
    isBusy.value = false;
    // What was written meanwhile is not sent yet.
    if (isKept && draftOf(position) === draft) keepDraft(position, '');
  };
  return (
    <section class="notes" aria-labelledby="notes-title">
      <h3 id="notes-title">Notes</h3>
      <ul>
        {pinned && <Line mark={pinned} words="pinned it" />}
        {acknowledged && <Line mark={acknowledged} words="acknowledged it" />}
        {notes.map((mark) => (
          <Line key={mark.position} mark={mark} words="wrote" />
        ))}
      </ul>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <textarea
          rows={2}
          aria-label="Note for all operators"
          placeholder="A note for all operators"
          maxLength={MOST_LETTERS}
          value={draft}
          onInput={(event) => keepDraft(position, event.currentTarget.value)}
        />
        <button type="submit" aria-disabled={isBusy.value}>
          {isBusy.value ? 'Adding…' : 'Add note'}
        </button>
      </form>
    </section>
  );
}

function Line({ mark, words }: { mark: Mark; words: string }) {
  const { by, position, text } = mark;
  return (
    <li>
      <b>{by}</b> {words}{' '}
      <time class="muted">{fullTime(acceptedAt(position), zone.value).slice(0, 19)}</time>
      {text !== '' && (
        <p>
          <Seen text={text} />
        </p>
      )}
    </li>
  );
}

/** In the line of the event. */
export function NoteBadges({ position }: { position: Position }) {
  const annotation = annotationOf(position);
  if (!annotation) return null;
  const { pinned, acknowledged, notes } = annotation;
  return (
    <>
      {pinned && <span class="note-badge">pinned</span>}
      {acknowledged && (
        <span class="note-badge">
          acknowledged<span class="note-by"> by {acknowledged.by}</span>
        </span>
      )}
      {notes.length > 0 && (
        <span class="note-badge">{notes.length === 1 ? '1 note' : `${notes.length} notes`}</span>
      )}
    </>
  );
}
