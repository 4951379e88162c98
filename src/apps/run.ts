import { ConfigError, loadConfig, type Config } from '../config/config.js';
import { createLogger, type Logger } from '../kernel/logger.js';
import { redactText } from '../kernel/redaction.js';

/** Something that listens, and can be asked to stop in an orderly way. */
export interface Running {
  /** Resolves when everything that was accepted is kept and every client was told. */
  close(): Promise<void>;
}

/** Milliseconds beyond the drain window after which a shutdown is forced. */
const SHUTDOWN_MARGIN_MS = 5_000;

/**
 * The life of a process: configuration, start, signals, end. Exit code 0 after
 * an orderly stop, 1 after a failure, 78 (EX_CONFIG) when the environment is
 * not usable.
 */
export async function run(
  service: string,
  start: (config: Config, logger: Logger) => Promise<Running>,
): Promise<void> {
  // Files of a process hold events and hashes of tokens: for this user only, also in development.
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
  process.on('uncaughtException', (err) => die(logger, err));
  process.on('unhandledRejection', (err) => die(logger, err));
  let running: Running | undefined;
  // Before the start: who reads that it listens may ask it to stop in the same moment.
  stopOnSignal(() => running, logger, config);
  try {
    running = await start(config, logger);
  } catch (error) {
    if (error instanceof ConfigError) refuse(error);
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
        logger.error('the orderly stop took too long');
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
  // A terminal that closes: the same orderly end.
  process.on('SIGHUP', stop);
}

/** A terminal reader gets words, not a stack. */
function refuse(error: unknown): void {
  process.stderr.write(`${redactText((error as Error).message)}\n`);
  process.exitCode = error instanceof ConfigError ? 78 : 1;
}

function die(logger: Logger, err: unknown): void {
  logger.fatal({ err }, 'the process ends because of an unexpected error');
  process.exit(1);
}
