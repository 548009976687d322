import { Controller, Get, Header, Res } from '@nestjs/common';
import { Database } from '@app/storage';
import { BlindnessWatch } from '@app/tracking';
import type { FastifyReply } from 'fastify';
import { Metrics } from '../metrics';
import { ServiceLife } from '../service-life';

/** For those who run the service. */
@Controller()
export class HealthController {
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
    await this.database.pool.query('SELECT 1').catch(() => missing.push('DATABASE'));
    if (missing.length > 0) void reply.code(503);
    return { status: missing.length === 0 ? 'ready' : 'not ready', missing };
  }

  /** Prometheus text format. */
  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  async text(): Promise<string> {
    return this.metrics.registry.metrics();
  }
}
