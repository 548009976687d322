import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { sendRefusal } from './send-refusal';
import { toRefusal } from './to-refusal';

/** Answers every failure of the HTTP routes with a code; GraphQL has its own table (`graphql/error.format.ts`). */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    if (host.getType<string>() === 'graphql') throw error;
    const refusal = toRefusal(error);
    if (refusal.code === 'INTERNAL') this.logger.error({ event: 'request_failed', error: String(error) });
    sendRefusal(host.switchToHttp().getResponse<FastifyReply>(), refusal);
  }
}
