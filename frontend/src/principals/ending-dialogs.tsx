import { Confirm, LAST, type ActionProps } from '../session/confirm.js';
import { api } from '../session/session.js';
import { pathOf, type PrincipalRow } from './principal-row.js';

export type Ending = 'disable' | 'delete';

const WORDS = {
  disable: { verb: 'Disable', done: 'is disabled', method: 'POST', path: '/disable' },
  delete: { verb: 'Delete', done: 'is deleted', method: 'DELETE', path: '' },
} as const;

export function EndingDialog({
  ending,
  row,
  isOwn,
  ...rest
}: ActionProps & { ending: Ending; row: PrincipalRow; isOwn: boolean }) {
  const { verb, done, method, path } = WORDS[ending];
  return (
    <Confirm
      {...rest}
      title={`${verb} ${row.id}?`}
      typed={isOwn || ending === 'delete' ? row.id : undefined}
      action={verb}
      done={`${row.id} ${done}`}
      request={(isInsisting) =>
        api(pathOf(row.id, path) + (isInsisting ? `?confirm=${LAST}` : ''), { method })
      }
      insist={`${verb} the last administrator`}
    >
      <p>
        Its tokens stop working and its streams close within a second, on every instance.
        {ending === 'disable'
          ? ' It is refused, whatever its token, until somebody restores it.'
          : ' This cannot be undone; its id can be used again.'}
        {isOwn && ' You are signed in as this principal: you will be signed out.'}
      </p>
    </Confirm>
  );
}

export function RestoreDialog({ id, ...rest }: ActionProps & { id: string }) {
  return (
    <Confirm
      {...rest}
      title={`Restore ${id}?`}
      action="Restore"
      done={`${id} is admitted again`}
      request={() => api(pathOf(id, '/restore'), { method: 'POST' })}
    >
      <p>Its tokens work again. Streams that were ended stay ended; its clients open new ones.</p>
    </Confirm>
  );
}
