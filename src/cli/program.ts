import { Command, CommanderError } from 'commander';
import { withoutTrailingSlashes } from '../config/addresses.js';
import type { CommandLineEnvironment } from '../config/command-line.js';
import { Api } from './api.js';
import { addAdoption } from './commands/adoption.js';
import { addAudit } from './commands/audit.js';
import { addBaseline } from './commands/baseline.js';
import { addDeploy, addRollback } from './commands/deploy.js';
import { addPrincipals } from './commands/principals.js';
import { addDoctor } from './commands/doctor.js';
import { addLink } from './commands/link.js';
import { addPublish } from './commands/publish.js';
import { addServices } from './commands/services.js';
import { addSmoke } from './commands/smoke.js';
import { addStreams } from './commands/streams.js';
import { addTail } from './commands/tail.js';
import { addToken } from './commands/token.js';
import { addWatch } from './commands/watch.js';
import { contextOf } from './context.js';
import { CommandError, EXIT } from './errors.js';
import { Output } from './output.js';

/** The `vx11` command. The environment is read by each command, so that `--help` needs none. */
export function createProgram(environment: () => CommandLineEnvironment, version: string): Command {
  const program = new Command('vx11')
    .description('Operate VX11 Operator from a terminal.')
    .version(version)
    .option('--url <url>', 'the gateway (VX11_URL); default http://127.0.0.1:8000')
    .option('--json', 'one JSON document a line instead of words', false)
    .showHelpAfterError('(vx11 --help lists the commands)')
    .exitOverride()
    .addHelpText(
      'after',
      '\nThe principal token comes from VX11_TOKEN, from the file that VX11_TOKEN_FILE names,\nor on a development machine from .data/dev-token. It is never an option: options stand in\nthe list of processes.\n\nExit codes: 0 fine, 1 failed, 2 wrong usage, 3 unreachable, 4 refused.',
    );
  const context = contextOf(() => {
    const options = program.opts<{ url?: string; json: boolean }>();
    const { url, token, redisUrl } = environment();
    return {
      api: new Api(withoutTrailingSlashes(options.url ?? url), token),
      output: new Output(options.json),
      redisUrl,
    };
  });
  for (const add of [
    addSmoke,
    addToken,
    addLink,
    addTail,
    addPublish,
    addStreams,
    addServices,
    addPrincipals,
    addAdoption,
    addAudit,
    addDeploy,
    addRollback,
    addWatch,
    addBaseline,
    addDoctor,
  ]) {
    add(program, context);
  }
  return program;
}

/**
 * Runs one command line. Resolves to the exit code.
 * @param argv without node and script
 * @param complain writes to stderr
 */
export async function run(
  program: Command,
  argv: readonly string[],
  complain: (text: string) => void,
): Promise<number> {
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    // Commander has printed its message already. Help and version are not errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof CommandError)) throw error;
    complain(`${error.message}\n${error.advice ? `${error.advice}\n` : ''}`);
    return error.exitCode;
  }
}
