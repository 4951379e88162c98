import { Controller, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { ProblemError } from '../../kernel/problem.js';
import { GatewayOnly } from '../access.js';
import { PROOFS_PATH, ProofReplays } from './proof-replays.js';

/** Takes the DPoP proofs that gateways have checked. */
@ApiExcludeController()
@Controller(PROOFS_PATH)
export class ProofsController {
  constructor(private readonly replays: ProofReplays) {}

  /**
   * @param hash of the proof, made by the gateway
   * @throws ProblemError invalid_token for one that was used; token_store_unavailable
   */
  @GatewayOnly()
  @HttpCode(204)
  @Post(':hash')
  async take(@Param('hash') hash: string, @Query('ms') ms: unknown): Promise<void> {
    if (await this.replays.take(hash, Math.max(1, Number(ms) || 0))) return;
    throw new ProblemError('invalid_token', 'This DPoP proof was used already.');
  }
}
