import { loadConfig, ConfigError } from '../config/config.js';
import { createLogger } from '../kernel/logger.js';
import { startOperatorBackend } from './operator-backend.js';

describe('operator-backend', () => {
  it('refuses a Redis that it would not use, rather than start embedded without a word', async () => {
    const config = loadConfig({ NODE_ENV: 'test', VX11_REDIS_URL: 'redis://127.0.0.1:6379' });
    const logger = createLogger({ service: 'test', level: 'fatal', pretty: false });
    await expect(startOperatorBackend(config, logger)).rejects.toThrow(ConfigError);
  });
});
