import { Confirm, LAST, type ActionProps } from '../session/confirm.js';
import { api } from '../session/session.js';
import type { StreamRow } from './stream-row.js';

export function EndDialog({
  stream,
  isOwn,
  ...rest
}: ActionProps & { stream: StreamRow; isOwn: boolean }) {
  return (
    <Confirm
      {...rest}
      title={isOwn ? 'End your own stream?' : 'End this stream?'}
      typed={isOwn ? stream.principal_id : undefined}
      action="End stream"
      done="The stream was ended"
      request={() => api(`/streams/${encodeURIComponent(stream.id)}`, { method: 'DELETE' })}
    >
      <p>
        The stream of <b>{stream.principal_id}</b> from {stream.address} ends. Its client learns
        that an administrator ended it, and may open another one.
        {isOwn && ' This is your own stream: the panel stops receiving events.'}
      </p>
    </Confirm>
  );
}

export function RevokeDialog({
  principal,
  isOwn,
  ...rest
}: ActionProps & { principal: string; isOwn: boolean }) {
  return (
    <Confirm
      {...rest}
      title={`Revoke ${principal}?`}
      typed={isOwn ? principal : undefined}
      action="Revoke principal"
      done={`${principal} is revoked`}
      request={(isInsisting) =>
        api(
          `/principals/${encodeURIComponent(principal)}/revoke${isInsisting ? `?confirm=${LAST}` : ''}`,
          { method: 'POST' },
        )
      }
      insist="Revoke the last administrator"
    >
      <p>
        Its tokens stop working and its streams close within a second, on every instance. From then
        on it is refused.
        {isOwn
          ? ' You are signed in as this principal: you will be signed out.'
          : ' If you are signed in as this principal, you are signed out too.'}
      </p>
    </Confirm>
  );
}
