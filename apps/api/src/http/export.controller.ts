import { Body, Controller, Get, HttpCode, Post, Query, Req, Res, StreamableFile } from '@nestjs/common';
import { MachineExportReader } from '@app/progress';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { OpenExports } from '../export/open-exports';
import { writeCsv, writeNdjson } from '../export/write-machines';
import { ReadFilter } from '../graphql/read-filter';
import { RecoveryClock } from '../recovery-clock';
import { readExportBody, readExportQuery, type ExportRequest } from './export.body';
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
    const asOf = new Date(nowMs).toISOString();
    const machines = this.filters.read(filter);
    const batches = this.machines.batches(access.standing('IT').scope, machines, nowMs);
    const text = format === 'CSV' ? writeCsv(batches, bom) : writeNdjson(batches, asOf);
    const stream = await this.exports.open(access.principal.id, text);
    // However this ends: also when the answer turns into another one, and the stream is never sent.
    reply.raw.once('close', () => stream.destroy());
    const name = `machines-${asOf.slice(0, 16).replace(':', '')}Z.${format.toLowerCase()}`;
    void reply.header('content-disposition', `attachment; filename="${name}"`);
    return new StreamableFile(stream, { type: MEDIA_TYPES[format] });
  }
}
