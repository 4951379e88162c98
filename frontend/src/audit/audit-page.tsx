export function AuditPage() {
  return (
    <main class="page">
      <h1>Audit</h1>
      <div class="empty">
        <h2>Not there yet</h2>
        <p>
          This version of VX11 Operator does not keep an audit trail that can be read here. Nothing
          is hidden: there is nothing to show.
        </p>
        <p>
          Until it does, operator-backend writes each entry (a token refused, replayed or revoked, a
          principal revoked, a stream ended by an administrator) as one line of its log with{' '}
          <code>"audit": true</code>.
        </p>
      </div>
    </main>
  );
}
