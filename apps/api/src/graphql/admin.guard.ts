import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import { AdminToken } from '@app/access';
import { bearerOf } from '../http/bearer';
import { RefusedRequest } from '../http/refusal';
import type { RequestContext } from './request-context';

/** Lets only the administrator's token pass: where unprotected clinical machines stand is attack material. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly admin: AdminToken) {}

  canActivate(context: ExecutionContext): boolean {
    const { request, answer } = GqlExecutionContext.create(context).getContext<RequestContext>();
    const token = bearerOf(request.headers.authorization);
    if (token !== null && this.admin.matches(token)) return true;
    answer.refusesSender = true;
    throw new RefusedRequest('UNAUTHENTICATED', 'send Authorization: Bearer <administrator’s token>');
  }
}
