/** The exit code, EX_CONFIG. */
export const REFUSED = 78;

/**
 * The process cannot start with what it was given: its environment or its files. The message
 * says what is wrong and what to do. It is printed without a stack, and the exit code is
 * `REFUSED`.
 */
export abstract class StartRefusal extends Error {}
