import { Module, type DynamicModule } from '@nestjs/common';
import { AuditController } from './audit.controller.js';

/** The routes of the audit trail. */
@Module({})
export class AuditRoutesModule {
  /** @param imports provide AuditReader, AuditTrail and TokenVerifier */
  static with(imports: NonNullable<DynamicModule['imports']>): DynamicModule {
    return { module: AuditRoutesModule, imports, controllers: [AuditController] };
  }
}
