/** What is known of an end: by the stream's goodbye, or by the problem that answered a request. */
export interface Ending {
  /** The goodbye's reason, or the problem's code. */
  readonly code?: string | undefined;
  /** The problem's words. */
  readonly detail?: string | undefined;
}

/**
 * Why the token is worth nothing any more, or undefined where it still is. The
 * only place for these words: the stream and a request learn of the same end,
 * and which of them is first is chance.
 */
export function whySignedOut({ code, detail }: Ending): string | undefined {
  switch (code) {
    case 'revoked':
      return 'This principal was revoked.';
    case 'expired':
      return 'This principal has expired.';
    case 'auth_required':
      return 'The server no longer knows this sign-in.';
    case 'invalid_token':
      // The server says which of the two it was, in the words above.
      return detail ?? 'The token is not valid any more.';
    default:
      return undefined;
  }
}
