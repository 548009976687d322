import { Body, Controller, HttpCode, Inject, Ip, Post } from '@nestjs/common';
import { EnrolRequest, type EnrolmentItemResult } from '../enrol-request';
import { RecoveryClock } from '../recovery-clock';
import type { Settings } from '../settings';
import { SETTINGS } from '../tokens';
import { isEnrolmentBody, MACHINES_PER_REQUEST_MAX } from './enrolment.body';
import { RefusedRequest } from './refusal';

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
    @Ip() address: string,
  ): Promise<{
    results: EnrolmentItemResult[];
    report: { everySeconds: number; jitterSeconds: number };
  }> {
    if (!isEnrolmentBody(body)) {
      throw new RefusedRequest(
        'BAD_REQUEST',
        `send { enrolmentToken, machines: [1 to ${MACHINES_PER_REQUEST_MAX}] }`,
      );
    }
    const results = await this.enrolment.enrol(body.enrolmentToken, body.machines, address, this.clock.now());
    const { reportEverySeconds: everySeconds, reportJitterSeconds: jitterSeconds } = this.settings;
    return { results, report: { everySeconds, jitterSeconds } };
  }
}
