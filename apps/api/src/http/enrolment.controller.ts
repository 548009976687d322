import { Body, Controller, Headers, HttpCode, Inject, Post, Req } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { EnrolRequest, type EnrolmentItemResult } from '../enrol-request';
import { RecoveryClock } from '../recovery-clock';
import type { Settings } from '../settings';
import { SETTINGS } from '../tokens';
import { bearerOf } from './bearer';
import { readEnrolmentBody } from './enrolment.body';
import { senderAddress } from './sender-address';

/** Enrolment of machines. The enrolment token in the body is the authorisation. */
@Controller('v1/enrolments')
export class EnrolmentController {
  constructor(
    private readonly enrolment: EnrolRequest,
    private readonly clock: RecoveryClock,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Post()
  @HttpCode(200)
  async enrol(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Headers('user-agent') userAgent: string | undefined,
    @Headers('authorization') authorization: string | undefined,
  ): Promise<{
    results: EnrolmentItemResult[];
    report: { everySeconds: number; jitterSeconds: number };
  }> {
    const { enrolmentToken, machines } = readEnrolmentBody(body);
    const sender = { shown: bearerOf(authorization), address: senderAddress(request.raw), userAgent };
    const results = await this.enrolment.enrol(enrolmentToken, machines, sender, this.clock.now());
    const { reportEverySeconds: everySeconds, reportJitterSeconds: jitterSeconds } = this.settings;
    return { results, report: { everySeconds, jitterSeconds } };
  }
}
