import { EXIT } from './errors.js';

/** Characters of a progress bar. */
const BAR = 20;

/** Where a command writes; `--json` makes it one JSON document a line. */
export class Output {
  constructor(
    readonly json: boolean,
    private readonly write: (text: string) => void = (text) => void process.stdout.write(text),
    /** Colours, and nothing else that a pipe could not take. */
    readonly color: boolean = process.stdout.isTTY === true && !json,
  ) {}

  /**
   * Prints one result: as JSON, or as the text that `words` makes of it.
   * @param json the value as the server sent it, where that has numbers of other people
   */
  result(value: unknown, words: () => string, json?: string): void {
    this.write(`${this.json ? (json ?? JSON.stringify(value)) : words()}\n`);
  }

  /**
   * A progress bar on a terminal; nothing elsewhere. It is drawn on stderr, which is not
   * piped, and disappears when the work is done.
   */
  progress(label: string, done: number, all: number): void {
    if (this.json || process.stderr.isTTY !== true) return;
    const filled = Math.round((done / all) * BAR);
    const bar = `${label} [${'#'.repeat(filled)}${'-'.repeat(BAR - filled)}] ${done}/${all}`;
    process.stderr.write(done < all ? `\r${bar}` : `\r${' '.repeat(bar.length)}\r`);
  }

  line(text: string): void {
    if (!this.json) this.write(`${text}\n`);
  }
}

/**
 * Ends the command when its output cannot be written. That nobody reads on, as after
 * `| head`, is no error; a command that must not be left half done sets the exit code
 * beforehand.
 * @param complain writes to stderr
 */
export function endUnwritten(complain: (text: string) => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      if (code === 'EPIPE') process.exit();
      if (stream === process.stdout) complain(`The output cannot be written: ${message}.\n`);
      process.exit(EXIT.failed);
    });
  }
}

/** Columns as wide as their widest cell; no border, so that `awk` can read it. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/**
 * Characters that show nothing or change the order of others, as the panel knows them
 * (frontend/src/ui/seen.tsx).
 */
const UNSEEN =
  /(?![\u0600-\u0605\u06DD\u070F\u08E2])(?!(?<!\w)[\u200C\u200D])[\p{Cf}\u2028\u2029]/gu;

/**
 * Removes what could move the cursor or fake a line of a terminal, and shows the code of what
 * would be hidden or turn the text round.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, ' ').replaceAll(UNSEEN, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return `[U+${code.padStart(4, '0')}]`;
  });
}
