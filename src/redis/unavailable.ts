/** Redis did not do what it was asked to do, or did not say so. */
export class RedisUnavailable extends Error {
  constructor(
    /** The command may have been carried out all the same: its answer was lost. */
    readonly uncertain: boolean,
    cause: Error,
  ) {
    super(cause.message, { cause });
    this.name = 'RedisUnavailable';
  }
}
