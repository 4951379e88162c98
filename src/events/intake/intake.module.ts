import { Module, type DynamicModule } from '@nestjs/common';
import { EventIntake } from './event-intake.js';
import { EventsController } from './events.controller.js';
import { IntakeController } from './intake.controller.js';

/** Publishing, and reading the history. */
@Module({})
export class IntakeModule {
  /** @param log provides EventLog and PrincipalReads */
  static with(log: DynamicModule): DynamicModule {
    return {
      module: IntakeModule,
      imports: [log],
      controllers: [EventsController, IntakeController],
      providers: [EventIntake],
    };
  }
}
