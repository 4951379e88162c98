import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { Config } from './config.js';
import { Environment } from './environment.js';

/** Provides the validated environment under the class `Environment`. */
@Global()
@Module({})
export class ConfigModule {
  static for(config: Config): DynamicModule {
    return {
      module: ConfigModule,
      providers: [{ provide: Environment, useValue: config }],
      exports: [Environment],
    };
  }
}
