export interface Options {
  /** What the monkey does follows from it. */
  readonly seed: number;
  /** Length of the load in seconds, where a scenario has one; else its own. */
  readonly seconds: number | undefined;
  /** Clients of a scenario under load. */
  readonly clients: number;
  /** Events a second that are published meanwhile. */
  readonly rate: number;
  readonly say: (line: string) => void;
}

/** What a scenario has found: its report, and what did not hold. */
export interface Verdict {
  readonly lines: readonly string[];
  /** Empty: it held. */
  readonly faults: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly claim: string;
  run(options: Options): Promise<Verdict>;
}
