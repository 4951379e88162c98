import { type Command, Option } from 'commander';
import { SEVERITIES } from '../../events/event.js';
import type { Context } from '../context.js';

interface Accepted {
  readonly accepted: number;
  readonly duplicates: number;
  readonly ids: readonly string[];
}

interface Options {
  readonly type: string;
  readonly module: string;
  readonly severity: string;
  readonly data?: string;
  readonly correlationId?: string;
}

/** `vx11 publish`: one event, for trying out and for scripts. */
export function addPublish(program: Command, context: Context): void {
  program
    .command('publish')
    .description('publish one event; exit code 0 means that it is kept')
    .argument('<summary>', 'one line for people')
    .option('--type <type>', 'event type', 'vx11-cli.note')
    .option('--module <module>', 'the part of your system that it is about', 'vx11-cli')
    .addOption(new Option('--severity <severity>').choices(SEVERITIES).default('info'))
    .option('--data <json>', 'payload')
    .option('--correlation-id <id>', 'joins events of one operation')
    .addHelpText(
      'after',
      '\nExample:\n  vx11 publish "Backup finished" --type backup.done --module backup --data \'{"files":4201}\'',
    )
    .action(async (summary: string, options: Options) => {
      const { api, output } = context();
      const accepted = await api.post<Accepted>('/events', {
        event_type: options.type,
        module: options.module,
        severity: options.severity,
        summary,
        ...(options.data === undefined ? {} : { payload: context.json(options.data, '--data') }),
        ...(options.correlationId === undefined ? {} : { correlation_id: options.correlationId }),
      });
      output.result(accepted, () => `Kept as ${accepted.ids.join(', ')}.`);
    });
}
