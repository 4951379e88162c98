import prettyFactory from 'pino-pretty';

/**
 * Prints the commands' output through concurrently's logger, whole lines only,
 * so that two processes never share one. The processes write JSON lines; on a
 * terminal they are made readable here, once for all of them.
 * @param {import('concurrently').Logger} logger
 * @param {import('concurrently').Command[]} commands
 */
export function printOutput(logger, commands) {
  const pretty = process.stdout.isTTY ? prettyLine() : (line) => `${line}\n`;
  logger.setPrefixLength(Math.max(...commands.map(({ name }) => name.length)));
  logger.toggleColors(process.stdout.isTTY && !process.env.NO_COLOR);
  logger.output.subscribe(({ text }) => process.stdout.write(text));
  for (const command of commands) {
    for (const stream of [command.stdout, command.stderr]) {
      const lines = new Lines((line) => logger.logCommandText(pretty(line), command));
      stream.subscribe((chunk) => lines.push(chunk));
      command.close.subscribe(() => lines.end());
    }
  }
}

function prettyLine() {
  const { prettyFactory: make } = prettyFactory;
  const format = make({
    messageKey: 'message',
    timestampKey: 'timestamp',
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'service,pid,hostname',
    singleLine: true,
    colorize: !process.env.NO_COLOR,
  });
  return (line) => (line.startsWith('{') ? format(line) : `${line}\n`);
}

/** Cuts a stream of chunks into lines; a multi-byte character may be split between chunks. */
export class Lines {
  #decoder = new TextDecoder();
  #rest = '';
  #onLine;

  /** @param {(line: string) => void} onLine called with each line, without its end */
  constructor(onLine) {
    this.#onLine = onLine;
  }

  /** @param {Uint8Array} chunk */
  push(chunk) {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split('\n');
    this.#rest = lines.pop();
    for (const line of lines) this.#onLine(line);
  }

  /** Hands out what is left without a line end. */
  end() {
    if (this.#rest) this.#onLine(this.#rest);
    this.#rest = '';
  }
}
