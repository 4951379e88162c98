import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Environment } from './environment.js';
import { settings } from './setting.js';

/** The validated environment: frozen, injected under its own class. */
export type Config = Readonly<Environment>;

/** The environment is not usable; the message lists every fault and how to correct it. */
export class ConfigError extends Error {
  constructor(readonly faults: string[]) {
    super(
      `The configuration is not valid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n` +
        'Fix these environment variables; .env.example describes each of them.',
    );
    this.name = 'ConfigError';
  }
}

/**
 * Reads the environment once.
 * @throws ConfigError listing every fault at once
 */
export function loadConfig(env: NodeJS.ProcessEnv = process.env): Config {
  // Absent variables are passed as empty: class-transformer visits present keys only.
  const known = Object.fromEntries(settings().map(({ name }) => [name, env[name] ?? '']));
  const environment = plainToInstance(Environment, known);
  const faults = validateSync(environment, { stopAtFirstError: true }).flatMap((error) =>
    Object.values(error.constraints ?? {}),
  );
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(environment);
}
