/** An expected failure: its message is all that the user needs, no stack. */
export class Stop extends Error {}

/** Prints what happened and what to do, then ends the process with code 1. */
export function giveUp(error) {
  console.error(error instanceof Stop ? `\n${error.message}` : error);
  process.exit(1);
}
