import { Controller, Get, Header, Res } from '@nestjs/common';
import { Database } from '@app/storage';
import { BlindnessWatch } from '@app/tracking';
import type { FastifyReply } from 'fastify';
import { Metrics } from '../metrics';
import { RecoveryClock } from '../recovery-clock';
import { ServiceLife } from '../service-life';
import { within } from '../within';

/** Who asks whether we are ready gives us a second or two. */
const ANSWER_MS = 800;

/** Whether the service is ready, and what it lacks; a clock that does not begin where it is set, as after a restart, says so. */
type Readiness = {
  readonly status: string;
  readonly missing: readonly string[];
  readonly clockContinuesFrom?: string;
};

/** For those who run the service. */
@Controller()
export class HealthController {
  private question: Promise<boolean> | null = null;

  constructor(
    private readonly database: Database,
    private readonly blindness: BlindnessWatch,
    private readonly metrics: Metrics,
    private readonly life: ServiceLife,
    private readonly clock: RecoveryClock,
  ) {}

  /** The process runs. */
  @Get('livez')
  livez(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Reports can be taken and questions answered; else 503 with what is missing. */
  @Get('readyz')
  async readyz(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness> {
    const missing: string[] = [];
    if (this.life.isStopping) missing.push('STOPPING');
    if (this.blindness.isBlind) missing.push('BLIND');
    if (!(await within(this.ask(), ANSWER_MS, false))) missing.push('DATABASE');
    if (missing.length > 0) void reply.code(503);
    const { continuesFromMs: from } = this.clock;
    const clock = from === null ? {} : { clockContinuesFrom: new Date(from).toISOString() };
    return { status: missing.length === 0 ? 'ready' : 'not ready', missing, ...clock };
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
