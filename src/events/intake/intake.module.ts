import { Module, type DynamicModule } from '@nestjs/common';
import { EventIntake } from './event-intake.js';
import { EventNotesController } from './event-notes.controller.js';
import { EventNotes } from './event-notes.js';
import { EventsController } from './events.controller.js';
import { IntakeController } from './intake.controller.js';

/** Publishing, and reading the history. */
@Module({})
export class IntakeModule {
  /** @param imports provide EventLog, PrincipalReads and AuditTrail */
  static with(imports: NonNullable<DynamicModule['imports']>): DynamicModule {
    return {
      module: IntakeModule,
      imports,
      controllers: [EventsController, IntakeController, EventNotesController],
      providers: [EventIntake, EventNotes],
    };
  }
}
