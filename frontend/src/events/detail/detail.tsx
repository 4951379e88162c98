import { useSignal } from '@preact/signals';
import type { OperatorEvent, Position } from '@vx11/events-client';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { hrefOf } from '../../app/route.js';
import { messageOf } from '../../session/problem.js';
import { apiBase } from '../../session/public-base.js';
import { copy } from '../../ui/copy.js';
import { toast, Toast } from '../../ui/toast.js';
import { CloseIcon } from '../../ui/icons.js';
import { isNarrow } from '../../ui/media.js';
import { Attributes } from './attributes.js';
import { showContext } from './context.js';
import { curlOf } from './curl.js';
import { summaryOf } from '../entry.js';
import { exactOf } from '../exact.js';
import { Linked } from './linked.js';
import { fetchEvent } from '../connection/history.js';
import { JsonTree } from './json-tree.js';
import { NoteButtons, Notes } from '../notes/notes-view.js';
import { shown } from '../list/list-state.js';
import { closeDetails } from '../list/selection.js';
import { openEvent, openTrace, setParam } from '../settings.js';

/** The details of the event whose position is in the address. */
export function Detail() {
  const position = openEvent.value;
  return position === undefined ? null : <DetailPanel position={position} />;
}

function DetailPanel({ position }: { position: Position }) {
  const panel = useRef<HTMLDialogElement>(null);
  const { event, message } = useEvent(position);

  useLayoutEffect(() => {
    const dialog = panel.current;
    // Next to the list, the list stays usable. A phone has no room for both.
    if (isNarrow.value) dialog?.showModal();
    else dialog?.show();
    return () => dialog?.close();
  }, [isNarrow.value]);

  return (
    <dialog
      ref={panel}
      class="detail"
      aria-labelledby="detail-title"
      onCancel={(cancel) => {
        cancel.preventDefault();
        closeDetails();
      }}
    >
      <header>
        <h2 id="detail-title">{event ? event.type : 'Event'}</h2>
        <button type="button" class="quiet" aria-label="Close details" onClick={closeDetails}>
          <CloseIcon />
        </button>
      </header>
      <div class="detail-body">
        {event ? <Content event={event} /> : <p role="status">{message}</p>}
      </div>
      {isNarrow.value && <Toast />}
    </dialog>
  );
}

function Content({ event }: { event: OperatorEvent }) {
  const { correlationid } = event;
  const link = () =>
    `${location.origin}${location.pathname}${hrefOf('events', new URLSearchParams({ event: event.position }))}`;
  return (
    <>
      <p class="detail-summary">
        <span class={`severity ${event.severity}`}>{event.severity}</span>
        <Linked text={summaryOf(event)} />
      </p>
      <div class="actions">
        <button
          type="button"
          onClick={() => void showContext(event).catch((error: unknown) => toast(messageOf(error)))}
          title="The list around this event, without a filter"
        >
          Show in context
        </button>
        {correlationid !== undefined && openTrace.value !== correlationid && (
          <button
            type="button"
            onClick={() => setParam('trace', correlationid, 'push')}
            title="All events with the same correlation id, oldest first"
          >
            Show trace
          </button>
        )}
        <NoteButtons position={event.position} />
        <button
          type="button"
          onClick={() => void copy(JSON.stringify(exactOf(event), null, 2), 'JSON')}
        >
          Copy JSON
        </button>
        <button
          type="button"
          onClick={() => void copy(curlOf(event.position, location.origin + apiBase), 'Command')}
          title="A command that fetches this event; it holds no token"
        >
          Copy as curl
        </button>
        <button type="button" onClick={() => void copy(link(), 'Link')}>
          Copy link
        </button>
      </div>
      <Notes position={event.position} />
      <Attributes event={event} />
      {event.data !== undefined && (
        <section>
          <h3>Data</h3>
          <JsonTree value={exactOf(event).data} path={['data']} />
        </section>
      )}
    </>
  );
}

/** The event from the list, or from the server's log if the list does not have it. */
function useEvent(position: Position): { event?: OperatorEvent; message: string } {
  const fetched = useSignal<OperatorEvent | undefined>(undefined);
  const message = useSignal('');
  const entry = shown.value.find(({ key }) => key === position);
  const own = entry?.kind === 'event' ? entry.event : undefined;
  const event = own ?? (fetched.value?.position === position ? fetched.value : undefined);
  const isMissing = event === undefined;

  useEffect(() => {
    if (!isMissing) return;
    message.value = 'Loading the event…';
    fetchEvent(position).then(
      (found) => {
        fetched.value = found;
        message.value = 'The log no longer holds this event.';
      },
      (error: unknown) => (message.value = messageOf(error)),
    );
  }, [position, isMissing]);

  return { ...(event && { event }), message: message.value };
}
