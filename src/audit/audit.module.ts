import { Module } from '@nestjs/common';
import { LOGGER, type Logger } from '../kernel/logger.js';
import { LogAuditTrail } from './audit-trail.log.js';
import { AuditTrail } from './audit-trail.js';

@Module({
  providers: [
    {
      provide: AuditTrail,
      useFactory: (logger: Logger) => new LogAuditTrail(logger),
      inject: [LOGGER],
    },
  ],
  exports: [AuditTrail],
})
export class AuditModule {}
