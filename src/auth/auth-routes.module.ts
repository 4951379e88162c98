import { Module, type DynamicModule } from '@nestjs/common';
import { ProofsController } from './identity/proofs.controller.js';
import { SessionController } from './identity/session.controller.js';
import { PrincipalActsController } from './principals/principal-acts.controller.js';
import { PrincipalsController } from './principals/principals.controller.js';
import { RefusalsController } from './refusals.controller.js';
import { FeedController } from './replicas/feed.controller.js';
import { SignInCodesController } from './sign-in-codes.controller.js';
import { SignInCodes } from './sign-in-codes.js';
import { TokenController } from './token.controller.js';

/** The routes of the room. They end streams too, so they come after the module that has these. */
@Module({})
export class AuthRoutesModule {
  /** @param imports provide TokenStreams, and what PrincipalStateModule, IdentityModule and AuthModule export */
  static with(imports: NonNullable<DynamicModule['imports']>): DynamicModule {
    return {
      module: AuthRoutesModule,
      imports,
      // The busiest route first: Express tries the routes in this order.
      controllers: [
        TokenController,
        SessionController,
        PrincipalsController,
        PrincipalActsController,
        FeedController,
        RefusalsController,
        ProofsController,
        SignInCodesController,
      ],
      providers: [SignInCodes],
    };
  }
}
