import type { Config } from '../config/config.js';
import type { Logger } from '../kernel/logger.js';
import { ProblemError } from '../kernel/problem.js';
import { registerSecret } from '../kernel/redaction.js';
import { HOW_TO_MAKE_A_TOKEN } from '../kernel/token-strength.js';

/**
 * Decides about a valid principal token that can be guessed. Production refuses it; elsewhere
 * its first use logs a warning, so that an old installation still starts.
 */
export function weakTokenPolicy(
  config: Pick<Config, 'NODE_ENV'>,
  logger: Pick<Logger, 'warn'>,
): (principalId: string, weakness: string, token: string) => void {
  const warned = new Set<string>();
  return (principalId, weakness, token) => {
    if (config.NODE_ENV === 'production') {
      throw new ProblemError(
        'invalid_token',
        `This principal token ${weakness} and is refused in production: ${HOW_TO_MAKE_A_TOKEN}.`,
      );
    }
    if (warned.has(principalId)) return;
    warned.add(principalId);
    // Redaction does not hash short words, so it must know this one as text.
    registerSecret(token);
    logger.warn(
      { principal: principalId },
      `the token of this principal ${weakness}; production refuses it: ${HOW_TO_MAKE_A_TOKEN}`,
    );
  };
}
