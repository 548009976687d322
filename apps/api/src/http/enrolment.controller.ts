import { Body, Controller, Headers, HttpCode, Inject, Ip, Post } from '@nestjs/common';
import { EnrolRequest, type EnrolmentItemResult } from '../enrol-request';
import { RecoveryClock } from '../recovery-clock';
import type { Settings } from '../settings';
import { SETTINGS } from '../tokens';
import { readEnrolmentBody } from './enrolment.body';

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
    @Headers('user-agent') userAgent: string | undefined,
  ): Promise<{
    results: EnrolmentItemResult[];
    report: { everySeconds: number; jitterSeconds: number };
  }> {
    const { enrolmentToken, machines } = readEnrolmentBody(body);
    const results = await this.enrolment.enrol(
      enrolmentToken,
      machines,
      { address, userAgent },
      this.clock.now(),
    );
    const { reportEverySeconds: everySeconds, reportJitterSeconds: jitterSeconds } = this.settings;
    return { results, report: { everySeconds, jitterSeconds } };
  }
}
