import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { defer, lastValueFrom, type Observable } from 'rxjs';
import type { RequestContext } from '../graphql/request-context';
import type { RequestAccess } from '../request-access';
import { AUDIT_POLICIES } from './audit-policies';
import { AuditTrail } from './audit-trail';
import { IdentifyActor } from './identify-actor';

/** What is asked, in the words of the policies: `Mutation.createEnrolmentToken`, `POST /v1/enrolments`. */
type Operation = {
  readonly name: string;
  readonly asked: unknown;
  readonly request: FastifyRequest;
  /** Null for a route. */
  readonly access: RequestAccess | null;
  /** Says that this answer is recorded for whoever asked, and may be given to nobody else. */
  readonly keepToSelf: () => void;
};

const ROOTS: ReadonlySet<string> = new Set(['Query', 'Mutation', 'Subscription']);

/**
 * Stands around every resolver of a root field and every controller, behind their guards: whoever comes here may ask. Looks up what
 * is to be recorded, and lets nothing pass that has no policy.
 */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  constructor(
    private readonly trail: AuditTrail,
    private readonly identify: IdentifyActor,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const operation = operationOf(context);
    if (operation === null) return next.handle();
    const policy = AUDIT_POLICIES[operation.name];
    if (policy === undefined) throw new Error(`${operation.name} has no audit policy`);
    if (policy.kind === 'EXEMPT') return next.handle();
    operation.keepToSelf();
    const actor = this.identify.actorOf(operation.request, operation.access);
    const work = (): Promise<unknown> => lastValueFrom(next.handle(), { defaultValue: undefined });
    return defer(() => this.trail.follow(policy, actor, operation.asked, work));
  }
}

/** Null for a field below the roots: it belongs to the root that led to it. */
function operationOf(context: ExecutionContext): Operation | null {
  if (context.getType<string>() !== 'graphql') return httpOperation(context.switchToHttp().getRequest());
  const [, asked, { request, access, answer }, info] =
    context.getArgs<
      [unknown, unknown, RequestContext, { parentType: { name: string }; fieldName: string }]
    >();
  if (!ROOTS.has(info.parentType.name)) return null;
  const keepToSelf = (): void => {
    answer.isRecorded = true;
  };
  return { name: `${info.parentType.name}.${info.fieldName}`, asked, request, access, keepToSelf };
}

function httpOperation(request: FastifyRequest): Operation {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const { params, query, body } = request;
  return {
    name: `${method} ${request.routeOptions.url ?? ''}`,
    asked: { params, query, body },
    request,
    access: null,
    keepToSelf: () => undefined,
  };
}
