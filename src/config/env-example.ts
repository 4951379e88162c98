import './environment.js';
import { settings } from './setting.js';

/** The text of `.env.example`, from the schema itself. */
export function renderEnvExample(): string {
  const lines = ['# Every variable, with its default. Copy to .env and uncomment what you change.'];
  let heading = '';
  for (const setting of settings()) {
    if (setting.group !== heading) {
      heading = setting.group;
      lines.push('', `# --- ${heading} ---`);
    }
    lines.push(`# ${setting.doc}`, `#${setting.name}=${setting.fallback ?? setting.example ?? ''}`);
  }
  return `${lines.join('\n')}\n`;
}
