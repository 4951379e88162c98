import { readFileSync } from 'node:fs';
import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { StartRefusal } from '../kernel/start-refusal.js';
import { Environment, SUBJECTS } from './environment.js';
import { settingsOf, type SettingDoc } from './setting.js';

/** The validated environment: frozen, injected under its own class. */
export type Config = Readonly<Environment>;

/** The environment is not usable; the message lists every fault and how to correct it. */
export class ConfigError extends StartRefusal {
  constructor(readonly faults: string[]) {
    super(
      `The configuration is not valid:\n${faults.map((fault) => `  - ${fault}`).join('\n')}\n` +
        'Fix these environment variables; .env.example describes each of them.',
    );
    this.name = 'ConfigError';
  }
}

/**
 * The text of a setting. A secret may stand in a file that `<name>_FILE` names, as
 * containers get their secrets; each line of it is an item where the setting is a list.
 */
function valueOf(setting: SettingDoc, env: NodeJS.ProcessEnv, faults: string[]): string {
  const { name, isSecret, values } = setting;
  const file = env[`${name}_FILE`];
  // VX11_TOKEN_KEYS_FILE is a setting of its own: see apps/token-keys.ts.
  if (!isSecret || env[name] || !file || name === 'VX11_TOKEN_KEYS') return env[name] ?? '';
  try {
    const text = readFileSync(file, 'utf8').trim();
    return values === 'comma list' ? text.split(/[\r\n]+/).join(',') : text;
  } catch (error) {
    faults.push(`${name}_FILE cannot be read: ${(error as NodeJS.ErrnoException).code}`);
    return '';
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
    const known = settingsOf(shape).map((setting) => [setting.name, valueOf(setting, env, faults)]);
    const settings: object = plainToInstance(shape as new () => object, Object.fromEntries(known));
    for (const error of validateSync(settings, { stopAtFirstError: true })) {
      faults.push(...Object.values(error.constraints ?? {}));
    }
    Object.assign(environment, settings);
  }
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(environment);
}
