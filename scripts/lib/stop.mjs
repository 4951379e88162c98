/** An expected failure: its message is all that the user needs, no stack. */
export class Stop extends Error {}

const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Whether the system did not let this user write there. */
export function isUnwritable(error) {
  return UNWRITABLE.has(error.code);
}

/** Prints what happened and what to do, then ends the process with code 1. */
export function giveUp(error) {
  console.error(error instanceof Stop ? `\n${error.message}` : error);
  process.exit(1);
}
