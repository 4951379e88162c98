/** One event as a library gave it. Libraries call an unnamed event '' or 'message'. */
export interface Line {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

/** A library that reads one stream. */
export interface Reader {
  /** What the library says about failures. */
  readonly errors: readonly string[];
  /** Every event so far, in the order in which the library gave them. */
  lines(): Promise<readonly Line[]>;
  /** Resolves when the reader has taken `goodbye` and stopped for good. */
  stopped(): Promise<void>;
  close(): Promise<void>;
}

/** A platform that is ready: its libraries are installed, its browser runs. */
export interface ReadyPlatform {
  open(library: string, url: string): Promise<Reader>;
  close(): Promise<void>;
}

/** A language, or a browser, with the libraries that it has for streams. */
export interface Platform {
  readonly name: string;
  /** What the machine must have, for people. */
  readonly needs: string;
  /** A shell command that fails where the platform is not on the machine. */
  readonly probe: string;
  readonly libraries: readonly string[];
  /** Installs what the machine does not have yet, and starts what is slow to start. */
  prepare(): Promise<ReadyPlatform>;
}
