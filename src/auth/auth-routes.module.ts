import { Module, type DynamicModule } from '@nestjs/common';
import { PrincipalAdminController } from './principal-admin.controller.js';
import { RevocationFeedController } from './revocation-feed.controller.js';
import { TokenController } from './token.controller.js';

/** The routes of the room. They end streams too, so they come after the module that has these. */
@Module({})
export class AuthRoutesModule {
  /** @param imports provide TokenStreams, Revocations, and what AuthModule exports */
  static with(imports: NonNullable<DynamicModule['imports']>): DynamicModule {
    return {
      module: AuthRoutesModule,
      imports,
      // The busiest route first: Express tries the routes in this order.
      controllers: [TokenController, PrincipalAdminController, RevocationFeedController],
    };
  }
}
