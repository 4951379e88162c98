import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Stop } from './stop.mjs';

/**
 * Takes over `.env`, where there is one; what is set already stays.
 * @throws Stop when it cannot be read
 */
export function loadSettings(root) {
  const file = join(root, '.env');
  if (!existsSync(file)) return;
  try {
    process.loadEnvFile(file);
  } catch (error) {
    throw new Stop(`${file} cannot be read: ${error.message}`);
  }
}
