import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Environment, SUBJECTS } from './environment.js';
import { settingsOf } from './setting.js';

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
  const environment = new Environment();
  const faults: string[] = [];
  for (const [, shape] of SUBJECTS) {
    // Absent variables are passed as empty: class-transformer visits present keys only.
    const known = settingsOf(shape).map(({ name }) => [name, env[name] ?? '']);
    const settings: object = plainToInstance(shape as new () => object, Object.fromEntries(known));
    for (const error of validateSync(settings, { stopAtFirstError: true })) {
      faults.push(...Object.values(error.constraints ?? {}));
    }
    Object.assign(environment, settings);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(environment);
}
