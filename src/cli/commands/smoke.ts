import type { Command } from 'commander';
import type { Context } from '../context.js';
import { EXIT } from '../errors.js';
import { runSmoke } from '../smoke.js';

/** `vx11 smoke`: five steps through the gateway, for deployments and monitoring. */
export function addSmoke(program: Command, context: Context): void {
  program
    .command('smoke')
    .description('check a running system from outside in five steps; exit code 1 when one fails')
    .action(async () => {
      const { api, output } = context();
      const steps = await runSmoke(api, ({ claim, ok, ms, error }) =>
        output.line(ok ? `✓ ${claim} (${ms} ms)` : `✗ ${claim} (${ms} ms): ${error}`),
      );
      const failed = steps.filter(({ ok }) => !ok).length;
      output.result({ ok: failed === 0, steps }, () =>
        failed === 0 ? 'All five steps passed.' : `${failed} of ${steps.length} steps failed.`,
      );
      if (failed > 0) process.exitCode = EXIT.failed;
    });
}
