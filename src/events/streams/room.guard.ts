import { Injectable, type CanActivate } from '@nestjs/common';
import { StreamAdmission } from './stream-admission.js';

/**
 * Refuses a stream that this instance has no room for before its token is looked at: the
 * refusal stays cheap, and the token stays unused for another instance.
 */
@Injectable()
export class RoomGuard implements CanActivate {
  constructor(private readonly admission: StreamAdmission) {}

  canActivate(): boolean {
    this.admission.requireRoom();
    return true;
  }
}
