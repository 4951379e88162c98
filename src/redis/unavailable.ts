/** A command failed, or its answer did not arrive. */
export class RedisUnavailable extends Error {
  constructor(
    /** Whether the command may have been carried out: its answer was lost. */
    readonly uncertain: boolean,
    cause: Error,
  ) {
    super(cause.message, { cause });
    this.name = 'RedisUnavailable';
  }
}
