/** How one kind of entry is recorded and exported. */
export interface ActionDoc {
  readonly means: string;
  readonly result: 'done' | 'refused';
  /**
   * Ordinary traffic: more than ten by the same actor in this time are summed up. Absent:
   * each action is an entry of its own. The routine of services is summed up by the hour;
   * otherwise it would fill a trail that is kept for a year.
   */
  readonly frequent?: 'minute' | 'hour';
  /** Severity in CEF, 0 to 10. */
  readonly severity: number;
  /** Class and activity in OCSF 1.3, https://schema.ocsf.io. */
  readonly ocsf: readonly [classUid: number, activityId: number];
}

/** Classes of OCSF 1.3. */
const ACCOUNT_CHANGE = 3001;
const AUTHENTICATION = 3002;
const AUTHORIZE_SESSION = 3003;
const API_ACTIVITY = 6003;
const OTHER = 99;

/**
 * Every action that the audit trail can record. docs/reference/audit.md lists the same
 * actions; a test compares the two.
 */
export const ACTIONS = {
  'token.issued': {
    means: 'A principal had an ephemeral token issued',
    result: 'done',
    frequent: 'minute',
    severity: 1,
    ocsf: [AUTHORIZE_SESSION, 1],
  },
  'token.redeemed': {
    means: 'An ephemeral token was accepted for a stream',
    result: 'done',
    frequent: 'minute',
    severity: 1,
    ocsf: [AUTHENTICATION, 1],
  },
  'token.refused': {
    means: 'An ephemeral token was refused; the reason says why',
    result: 'refused',
    frequent: 'minute',
    severity: 4,
    ocsf: [AUTHENTICATION, 1],
  },
  'token.replayed': {
    means: 'A live ephemeral token was presented by a second client and refused',
    result: 'refused',
    frequent: 'minute',
    severity: 8,
    ocsf: [AUTHENTICATION, 1],
  },
  'token.revoked': {
    means: 'An ephemeral token was revoked',
    result: 'done',
    frequent: 'minute',
    severity: 3,
    ocsf: [AUTHORIZE_SESSION, OTHER],
  },
  'access.refused': {
    means: 'A principal token was missing rights, wrong or revoked; the reason is the error code',
    result: 'refused',
    frequent: 'minute',
    severity: 4,
    ocsf: [API_ACTIVITY, OTHER],
  },
  'access.limited': {
    means: 'A request was refused because a limit was reached; the reason names the limit',
    result: 'refused',
    frequent: 'minute',
    severity: 4,
    ocsf: [API_ACTIVITY, OTHER],
  },
  'stream.opened': {
    means: 'A stream was opened; the details say with which credential and filter',
    result: 'done',
    frequent: 'minute',
    severity: 1,
    ocsf: [API_ACTIVITY, 2],
  },
  'stream.closed': {
    means: 'A stream ended; the reason says why',
    result: 'done',
    frequent: 'minute',
    severity: 1,
    ocsf: [API_ACTIVITY, OTHER],
  },
  'stream.ended_by_admin': {
    means: 'An administrator ended a stream',
    result: 'done',
    severity: 5,
    ocsf: [API_ACTIVITY, 4],
  },
  'events.published': {
    means: 'Events were accepted; the amount counts them',
    result: 'done',
    frequent: 'hour',
    severity: 1,
    ocsf: [API_ACTIVITY, 1],
  },
  'events.read': {
    means: 'Events were read from the history',
    result: 'done',
    frequent: 'hour',
    severity: 1,
    ocsf: [API_ACTIVITY, 2],
  },
  'audit.read': {
    means: 'The audit trail was read or exported',
    result: 'done',
    frequent: 'minute',
    severity: 2,
    ocsf: [API_ACTIVITY, 2],
  },
  'principal.created': {
    means: 'A principal was created',
    result: 'done',
    severity: 5,
    ocsf: [ACCOUNT_CHANGE, 1],
  },
  'principal.changed': {
    means: 'The scopes, filter, limits or expiry of a principal were changed',
    result: 'done',
    severity: 5,
    ocsf: [ACCOUNT_CHANGE, OTHER],
  },
  'principal.rotated': {
    means: 'A principal was given a new token',
    result: 'done',
    severity: 5,
    ocsf: [ACCOUNT_CHANGE, 3],
  },
  'principal.disabled': {
    means: 'A principal was disabled',
    result: 'done',
    severity: 6,
    ocsf: [ACCOUNT_CHANGE, 5],
  },
  'principal.deleted': {
    means: 'A principal was deleted',
    result: 'done',
    severity: 6,
    ocsf: [ACCOUNT_CHANGE, 6],
  },
  'principal.revoked': {
    means: 'A principal was revoked; its tokens and streams ended',
    result: 'done',
    severity: 7,
    ocsf: [ACCOUNT_CHANGE, 5],
  },
  'principal.restored': {
    means: 'A revoked principal was restored',
    result: 'done',
    severity: 6,
    ocsf: [ACCOUNT_CHANGE, 2],
  },
  'session.signed_in': {
    means: 'Somebody signed in',
    result: 'done',
    severity: 2,
    ocsf: [AUTHENTICATION, 1],
  },
  'session.refused': {
    means: 'The cookie of a session was refused; the reason is the error code',
    result: 'refused',
    frequent: 'minute',
    severity: 5,
    ocsf: [AUTHENTICATION, 1],
  },
  'session.signed_out': {
    means: 'Somebody signed out, everywhere or in one session',
    result: 'done',
    severity: 2,
    ocsf: [AUTHENTICATION, 2],
  },
  'session.reused': {
    means: 'An old refresh token was used; its whole session was ended',
    result: 'refused',
    severity: 8,
    ocsf: [AUTHENTICATION, 1],
  },
  'event.acknowledged': {
    means: 'An operator acknowledged an event',
    result: 'done',
    severity: 2,
    ocsf: [API_ACTIVITY, 3],
  },
  'event.annotated': {
    means: 'An operator pinned, unpinned or wrote a note on an event; the reason says which',
    result: 'done',
    severity: 2,
    ocsf: [API_ACTIVITY, 3],
  },
  'audit.started': {
    means: 'A chain began, or an instance went on with it',
    result: 'done',
    severity: 2,
    ocsf: [API_ACTIVITY, OTHER],
  },
  'audit.checkpoint': {
    means: 'The chain up to here is signed',
    result: 'done',
    severity: 1,
    ocsf: [API_ACTIVITY, OTHER],
  },
  'audit.adopted': {
    means: 'The end of a chain whose instance has gone is recorded',
    result: 'done',
    severity: 2,
    ocsf: [API_ACTIVITY, OTHER],
  },
  'audit.trimmed': {
    means: 'Entries older than the retention, or above the greatest number, were removed',
    result: 'done',
    severity: 3,
    ocsf: [API_ACTIVITY, 4],
  },
  'audit.lost': {
    means: 'The store did not answer, and this many entries are in the log of the process only',
    result: 'refused',
    severity: 8,
    ocsf: [API_ACTIVITY, OTHER],
  },
} as const satisfies Record<string, ActionDoc>;

export type Action = keyof typeof ACTIONS;

export const ACTION_NAMES = Object.keys(ACTIONS) as readonly Action[];

export function actionDoc(action: Action): ActionDoc {
  return ACTIONS[action];
}

export function isAction(text: string): text is Action {
  return Object.hasOwn(ACTIONS, text);
}
