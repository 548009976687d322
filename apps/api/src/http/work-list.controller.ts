import { Controller, Get, Query, Req, Res, type StreamableFile } from '@nestjs/common';
import { MachineExportReader } from '@app/progress';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OpenExports } from '../export/open-exports';
import { WORK_LIST_SECURITY_POLICY } from '../export/work-list-page';
import { writeWorkList } from '../export/write-work-list';
import { DescribedWords } from '../graphql/described-words';
import { ReadFilter } from '../graphql/read-filter';
import { RecoveryClock } from '../recovery-clock';
import { readWorkListQuery } from './export.body';
import { answerWithFile, momentInName } from './file-answer';
import { accessOf } from './guard-routes';

/** What an engineer takes along on paper: the machines of a filter that are not recovered, a sheet for each practice. */
@Controller('v1/exports/work-list')
export class WorkListController {
  constructor(
    private readonly machines: MachineExportReader,
    private readonly exports: OpenExports,
    private readonly filters: ReadFilter,
    private readonly words: DescribedWords,
    private readonly clock: RecoveryClock,
  ) {}

  @Get()
  async print(
    @Query() query: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    const access = accessOf(request);
    const nowMs = this.clock.now();
    const { scope, now } = access.standing('IT');
    const asked = this.filters.read(readWorkListQuery(query), now);
    const unrecovered = { groups: ['UNRECOVERED'] as const, and: [asked] };
    const batches = this.machines.batches(scope, unrecovered, nowMs);
    const text = writeWorkList(batches, nowMs, this.words.sentenceFor);
    void reply.header('content-security-policy', WORK_LIST_SECURITY_POLICY);
    return answerWithFile(this.exports, reply, access.principal.id, text, {
      name: `work-list-${momentInName(nowMs)}.html`,
      type: 'text/html; charset=utf-8',
      disposition: 'inline',
    });
  }
}
