import { Controller, Get, Header, Res } from '@nestjs/common';
import { Database } from '@app/storage';
import { BlindnessWatch } from '@app/tracking';
import type { FastifyReply } from 'fastify';
import { Metrics } from '../metrics';
import { ServiceLife } from '../service-life';
import { within } from '../within';

/** Who asks whether we are ready gives us a second or two. */
const ANSWER_MS = 800;

/** For those who run the service. */
@Controller()
export class HealthController {
  private question: Promise<boolean> | null = null;

  constructor(
    private readonly database: Database,
    private readonly blindness: BlindnessWatch,
    private readonly metrics: Metrics,
    private readonly life: ServiceLife,
  ) {}

  /** The process runs. */
  @Get('livez')
  livez(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Reports can be taken and questions answered; else 503 with what is missing. */
  @Get('readyz')
  async readyz(
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<{ status: string; missing: string[] }> {
    const missing: string[] = [];
    if (this.life.isStopping) missing.push('STOPPING');
    if (this.blindness.isBlind) missing.push('BLIND');
    if (!(await within(this.ask(), ANSWER_MS, false))) missing.push('DATABASE');
    if (missing.length > 0) void reply.code(503);
    return { status: missing.length === 0 ? 'ready' : 'not ready', missing };
  }

  /** Whether the database answers. Many who ask at once share one question, so that a database that hangs is asked once. */
  private ask(): Promise<boolean> {
    this.question ??= this.database.lookout
      .query('SELECT 1')
      .then(
        () => true,
        () => false,
      )
      .finally(() => (this.question = null));
    return this.question;
  }

  /** Prometheus text format. */
  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  async text(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
