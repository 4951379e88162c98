import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Environment } from '../config/environment.js';
import { Clock } from '../kernel/clock.js';
import { MemoryTokenCache } from './token-cache.memory.js';
import { TokenCache } from './token-cache.js';

@Global()
@Module({})
export class TokenCacheModule {
  /** Tokens of this process alone. */
  static embedded(): DynamicModule {
    return {
      module: TokenCacheModule,
      providers: [
        {
          provide: TokenCache,
          useFactory: (clock: Clock, config: Environment) =>
            new MemoryTokenCache(clock, config.VX11_TOKEN_CACHE_MAX),
          inject: [Clock, Environment],
        },
      ],
      exports: [TokenCache],
    };
  }
}
