import { Controller, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import {
  ApiBody,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Length } from 'class-validator';
import type { Request, Response } from 'express';
import { RequireScope } from '../../auth/access.js';
import type { Principal } from '../../auth/principal.js';
import { ApiProblems } from '../../http/api-problems.js';
import { requireJson } from '../../http/body.js';
import { ProblemError } from '../../kernel/problem.js';
import { parsePosition, POSITION } from '../position.js';
import { EventNotes, MAX_NOTE_LENGTH, NOTE_TYPES, type NoteAction } from './event-notes.js';

const ACTIONS = Object.keys(NOTE_TYPES) as NoteAction[];

const TEXT = { type: 'string', minLength: 1, maxLength: MAX_NOTE_LENGTH };

/** The body as the API describes it: a class cannot say that one action needs the text. */
const NOTE = {
  oneOf: [
    {
      type: 'object',
      required: ['action', 'text'],
      properties: {
        action: { type: 'string', enum: ['note'] },
        text: { ...TEXT, pattern: '\\S', description: 'What the operator writes' },
      },
      additionalProperties: false,
    },
    {
      type: 'object',
      required: ['action'],
      properties: {
        action: { type: 'string', enum: ACTIONS.filter((action) => action !== 'note') },
        text: { ...TEXT, description: 'What the operator adds' },
      },
      additionalProperties: false,
    },
  ],
};

class NoteBody {
  @IsIn(ACTIONS, { message: `action must be one of ${ACTIONS.join(', ')}` })
  action: NoteAction;

  @IsOptional()
  @IsString()
  @Length(1, MAX_NOTE_LENGTH)
  text?: string | null;
}

class KeptNote {
  @ApiProperty({ pattern: POSITION.source, description: 'Position of the event that is the note' })
  position: string;
}

@ApiTags('events')
@Controller('operator/api/events')
export class EventNotesController {
  constructor(private readonly notes: EventNotes) {}

  @ApiOperation({
    summary: 'Pin, acknowledge, or write a note on an event, for all operators',
    description:
      'Publishes an event of the type `vx11.note.pinned`, `…unpinned`, `…acknowledged` or `…added`, whose `subject` is the position of the event in question and whose module is its module. It is audited. A principal whose filter leaves such events out cannot add notes.',
  })
  @ApiParam({ name: 'position', schema: { type: 'string', pattern: POSITION.source } })
  @ApiBody({ schema: NOTE, required: true })
  @ApiResponse({ status: 202, description: 'Kept', type: KeptNote })
  @ApiProblems(
    'invalid_request',
    'not_found',
    'too_large',
    'unsupported_media_type',
    'event_log_unavailable',
  )
  @RequireScope('events:publish')
  @HttpCode(202)
  @Post(':position/notes')
  async add(
    @Param('position') text: string,
    @Req() req: Request,
    @Res({ passthrough: true }) res: Response,
  ): Promise<KeptNote> {
    const body = await requireJson(req, res, NoteBody);
    // White space alone says nothing, and null is absent.
    const note = body.text?.trim() || undefined;
    if (body.action === 'note' && note === undefined)
      throw new ProblemError('invalid_request', 'A note needs a text.');
    const position = parsePosition(text);
    if (position === undefined)
      throw new ProblemError('not_found', 'The path must hold the position of an event.');
    const principal = req.principal as Principal;
    // A note is about an event that its author can read.
    if (!principal.scopes.has('events:read'))
      throw new ProblemError('insufficient_scope', 'This needs the scope events:read as well.');
    const wish = { position, action: body.action, text: note };
    return { position: await this.notes.add(wish, principal, req.correlationId) };
  }
}
