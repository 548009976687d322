import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { logFailure } from './log-failure';
import { sendRefusal } from './send-refusal';
import { toRefusal } from './to-refusal';

/** Answers every failure of the HTTP routes with a code; GraphQL has its own table (`graphql/error.format.ts`). */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType<string>() === 'graphql') throw error;
    const refusal = toRefusal(error);
    logFailure('request_failed', error, refusal);
    sendRefusal(host.switchToHttp().getResponse<FastifyReply>(), refusal);
  }
}
