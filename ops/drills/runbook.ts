import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';

const FILE = 'docs/operational/RUNBOOKS_EPHEMERAL_TOKEN_INCIDENTS.md';
const COMMAND_MS = 30_000;

/** A command of a runbook, with the step that it belongs to: Assess, Diagnose, Fix, Verify, After. */
export interface Command {
  readonly step: string;
  readonly script: string;
}

export interface Outcome {
  readonly code: number;
  readonly output: string;
}

/**
 * The commands of one runbook in their order.
 * @throws Error when there is no such heading
 */
export function commandsOf(heading: string): readonly Command[] {
  const section = readFileSync(FILE, 'utf8')
    .split(/^## /m)
    .find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`${FILE} has no runbook "${heading}"`);
  const commands: Command[] = [];
  let step = '';
  for (const [, bold, script] of section.matchAll(
    /\*\*([A-Z][a-z]+)[^*]*\*\*|^```sh\n([\s\S]*?)^```$/gm,
  )) {
    if (bold !== undefined) step = bold;
    else commands.push({ step, script: script ?? '' });
  }
  return commands;
}

/** Runs a command as the person on call would. */
export function execute(script: string, env: Record<string, string>): Promise<Outcome> {
  return new Promise((resolve) => {
    // Without --norc bash takes a pipe for a remote login and reads ~/.bashrc.
    execFile('bash', ['--norc', '-c', script], { env, timeout: COMMAND_MS }, (error, out, err) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, output: out + err }),
    );
  });
}
