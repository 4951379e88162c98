import { loadConfig, type Config } from '../config/config.js';
import { misspeltSettings } from '../config/misspelt.js';
import { createLogger, type Logger } from '../kernel/logger.js';
import { REFUSED, StartRefusal } from '../kernel/start-refusal.js';
import { redactText } from '../kernel/redaction.js';

/** A running service that can be shut down gracefully. */
export interface Running {
  /** Resolves when all accepted data is stored and every client has been notified. */
  close(): Promise<void>;
}

/** Milliseconds beyond the drain window after which a shutdown is forced. */
const SHUTDOWN_MARGIN_MS = 5_000;

/**
 * Runs a process: loads the configuration, starts the service, stops it on a signal. Exit
 * code 0 after a graceful stop, 1 after a failure, 78 (EX_CONFIG) for an environment or a
 * file that cannot be used.
 */
export async function run(
  service: string,
  start: (config: Config, logger: Logger) => Promise<Running>,
): Promise<void> {
  // The files hold events and token hashes, so only this user may read them.
  process.umask(0o077);
  let config: Config;
  try {
    config = loadConfig();
  } catch (error) {
    refuse(error);
    return;
  }
  const logger = createLogger({
    service,
    level: config.VX11_LOG_LEVEL,
    pretty:
      config.VX11_LOG_FORMAT === 'pretty' ||
      (config.VX11_LOG_FORMAT === 'auto' && process.stdout.isTTY),
  });
  logWarnings(logger);
  for (const { name, meant } of misspeltSettings()) {
    logger.warn({ name, meant }, 'there is no such setting; it is ignored');
  }
  process.on('uncaughtException', (err) => die(logger, err));
  process.on('unhandledRejection', (err) => die(logger, err));
  let running: Running | undefined;
  // Registered before the start, so that a signal during the start is handled.
  stopOnSignal(() => running, logger, config);
  try {
    running = await start(config, logger);
  } catch (error) {
    if (error instanceof StartRefusal) refuse(error);
    else die(logger, error);
  }
}

function stopOnSignal(whatRuns: () => Running | undefined, logger: Logger, config: Config): void {
  let stopping = false;
  const stop = (signal: string) => {
    if (stopping) return;
    stopping = true;
    const running = whatRuns();
    if (!running) {
      logger.info({ signal }, 'stopped while it was starting');
      process.exit(0);
    }
    logger.info({ signal }, 'stopping');
    setTimeout(
      () => {
        logger.error('the graceful stop took too long; forcing the exit');
        process.exit(1);
      },
      config.VX11_DRAIN_SECONDS * 1000 + SHUTDOWN_MARGIN_MS,
    ).unref();
    running.close().then(
      () => {
        logger.info('stopped');
        process.exit(0);
      },
      (err: unknown) => die(logger, err),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  // The terminal was closed.
  process.on('SIGHUP', stop);
}

/**
 * Node's own listener prints a warning to stderr as it is. One of them (DEP0170) repeats the
 * whole URL of a request, with the token in it.
 */
function logWarnings(logger: Logger): void {
  process.removeAllListeners('warning');
  process.on('warning', ({ name, message, ...more }) => {
    logger.warn({ warning: name, ...more }, message);
  });
}

/**
 * Prints the message without a stack, for a person at a terminal. The end is not left to the
 * event loop: the channel to its primary would keep a worker of the gateway for ever.
 */
function refuse(error: unknown): void {
  const code = error instanceof StartRefusal ? REFUSED : 1;
  process.stderr.write(`${redactText((error as Error).message)}\n`, () => process.exit(code));
}

function die(logger: Logger, err: unknown): void {
  logger.fatal({ err }, 'the process ends because of an unexpected error');
  process.exit(1);
}
