import type { Config } from '../config/config.js';
import type { Logger } from '../kernel/logger.js';
import { ProblemError } from '../kernel/problem.js';
import { registerSecret } from '../kernel/redaction.js';
import { HOW_TO_MAKE_A_TOKEN } from '../kernel/token-strength.js';

/**
 * What becomes of a valid principal token that can be guessed: refused in production; a
 * warning at its first use elsewhere, so that an old installation still starts.
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
    // Redaction does not look for short words by their hash.
    registerSecret(token);
    logger.warn(
      { principal: principalId },
      `the token of this principal ${weakness}; production refuses it: ${HOW_TO_MAKE_A_TOKEN}`,
    );
  };
}
