/** What is known about the end of a session: from a goodbye, or from the problem of a response. */
export interface Ending {
  /** The goodbye's reason, or the problem's code. */
  readonly code?: string | undefined;
  /** The problem's words. */
  readonly detail?: string | undefined;
}

/**
 * Why the token is no longer valid; undefined where it still is. The only place for
 * these sentences: the stream and a request both notice the end of a session, and
 * either may be first.
 */
export function whySignedOut({ code, detail }: Ending): string | undefined {
  switch (code) {
    case 'revoked':
      return 'This principal was revoked.';
    case 'expired':
      return 'This principal has expired.';
    case 'auth_required':
      return 'Your session ended. Sign in again.';
    case 'invalid_token':
    case 'refresh_reused':
    case 'session_replaced':
      // The server says which of them it was, in the words above.
      return detail ?? 'The token is no longer valid. Sign in with another one.';
    default:
      return undefined;
  }
}
