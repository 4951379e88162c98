import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import { closeAfter } from '../../http/closing.js';
import { UNUSED_HEADER } from '../../http/hop-keys.js';
import { StreamAdmission } from './stream-admission.js';

/**
 * Refuses a stream that this instance has no room for before its token is looked at: the
 * refusal stays cheap, and the token stays unused for another instance, to which the gateway
 * may send the request.
 *
 * It closes the connection of a direct client. Node reads every connection that has sent
 * something before it runs a timer, so thousands that stay open and ask again would hold
 * up deliveries for seconds. New connections are accepted a few at a time.
 */
@Injectable()
export class RoomGuard implements CanActivate {
  constructor(private readonly admission: StreamAdmission) {}

  canActivate(context: ExecutionContext): boolean {
    try {
      this.admission.requireRoom();
    } catch (refusal) {
      const http = context.switchToHttp();
      const req = http.getRequest<Request>();
      const res = http.getResponse<Response>();
      if (req.signedByGateway === true) res.setHeader(UNUSED_HEADER, '1');
      else closeAfter(req, res);
      throw refusal;
    }
    return true;
  }
}
