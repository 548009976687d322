import { Body, Controller, Get, HttpCode, Post, Query, Req, Res, type StreamableFile } from '@nestjs/common';
import { MachineExportReader } from '@app/progress';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OpenExports } from '../export/open-exports';
import { writeCsv, writeNdjson } from '../export/write-machines';
import { ReadFilter } from '../graphql/read-filter';
import { RecoveryClock } from '../recovery-clock';
import { readExportBody, readExportQuery, type ExportRequest } from './export.body';
import { answerWithFile, momentInName } from './file-answer';
import { accessOf } from './guard-routes';

const MEDIA_TYPES = {
  CSV: 'text/csv; charset=utf-8; header=present',
  NDJSON: 'application/x-ndjson; charset=utf-8',
} as const;

/** Machines as files, by the filter that lists and actions take, of the sender's scope. */
@Controller('v1/exports/machines')
export class ExportController {
  constructor(
    private readonly machines: MachineExportReader,
    private readonly exports: OpenExports,
    private readonly filters: ReadFilter,
    private readonly clock: RecoveryClock,
  ) {}

  @Post()
  @HttpCode(200)
  async byBody(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    return this.export(readExportBody(body), request, reply);
  }

  /** For whatever can only ask by an address: a browser, a spreadsheet's own import. */
  @Get()
  async byAddress(
    @Query() query: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<StreamableFile> {
    return this.export(readExportQuery(query), request, reply);
  }

  private async export(
    { filter, format, bom }: ExportRequest,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<StreamableFile> {
    const access = accessOf(request);
    const nowMs = this.clock.now();
    const { scope, now } = access.standing('IT');
    const machines = this.filters.read(filter, now);
    const batches = this.machines.batches(scope, machines, nowMs);
    const text = format === 'CSV' ? writeCsv(batches, bom) : writeNdjson(batches, nowMs);
    return answerWithFile(this.exports, reply, access.principal.id, text, {
      name: `machines-${momentInName(nowMs)}.${format.toLowerCase()}`,
      type: MEDIA_TYPES[format],
      disposition: 'attachment',
    });
  }
}
