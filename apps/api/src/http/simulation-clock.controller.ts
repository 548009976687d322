import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { parseInstant } from '../instant';
import { RecoveryClock } from '../recovery-clock';
import { SweepSchedule } from '../sweep-schedule';
import { RefusedRequest } from './refusal';

type ClockAnswer = { readonly now: string; readonly kind: 'REAL' | 'FAST' | 'MANUAL' };

/** The replaced clock of demos, drills and tests. With the real clock there is nothing to set. */
@Controller('v1/simulation/clock')
export class SimulationClockController {
  constructor(
    private readonly clock: RecoveryClock,
    private readonly sweeps: SweepSchedule,
  ) {}

  @Get()
  read(): ClockAnswer {
    return this.answer();
  }

  /** Sets the manual clock, and answers when every sweep due by then has been done. */
  @Post()
  @HttpCode(200)
  async set(@Body() body: unknown): Promise<ClockAnswer> {
    const nowMs = parseInstant(nowOf(body));
    if (typeof nowMs === 'string')
      throw new RefusedRequest('BAD_REQUEST', 'send { "now": RFC 3339 time with Z or an offset }');
    if (this.clock.setting.kind !== 'MANUAL')
      throw new RefusedRequest('CLOCK_NOT_MANUAL', 'this service runs on another clock');
    if (nowMs < this.clock.now()) throw new RefusedRequest('CLOCK_BACKWARDS', 'time cannot be set back');
    await this.sweeps.advanceTo(nowMs);
    return this.answer();
  }

  private answer(): ClockAnswer {
    return { now: new Date(this.clock.now()).toISOString(), kind: this.clock.setting.kind };
  }
}

function nowOf(body: unknown): string {
  return typeof body === 'object' && body !== null && 'now' in body && typeof body.now === 'string'
    ? body.now
    : '';
}
