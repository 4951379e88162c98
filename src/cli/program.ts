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
import { CommandError, EXIT, expectedError } from './errors.js';
import { checkNumbers } from './numbers.js';
import { endUnwritten, Output } from './output.js';

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
      api: new Api(gateway(options.url ?? url), token),
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
  checkNumbers(program);
  return program;
}

/** @throws CommandError that does not repeat the address: it may hold a password */
function gateway(address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const isPlain = url?.username === '' && url.password === '' && !/[?#]/.test(address);
  if (isPlain && /^https?:$/.test(url.protocol)) return withoutTrailingSlashes(address);
  throw new CommandError(
    EXIT.usage,
    'The address of the gateway is not a URL of http or https without a user, query and fragment.',
    'Set --url or VX11_URL to one such as http://127.0.0.1:8000.',
  );
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
  endUnwritten(complain);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    // Commander has printed its message already. Help and version are not errors.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const expected = expectedError(error);
    if (expected === undefined) throw error;
    const { exitCode, message, advice } = expected;
    complain(`${message}\n${advice ? `${advice}\n` : ''}`);
    return exitCode;
  }
}
