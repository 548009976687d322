import 'reflect-metadata';
import { Body, Controller, HttpCode, Injectable, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { DataSource, type Repository } from 'typeorm';
import { BAD_FILE_AT } from '../fleet/heartbeat-facts';
import { LOOPBACK } from '../load/http-connection';
import { serveParent } from '../stage/serve-parent';
import { TutorialMachine } from './tutorial-machine.entity';

/**
 * The baseline that most people would write: a controller, a service, a repository, find and save for each
 * heartbeat. In its favour: no authentication, no validation, no history and no counts, none of which the
 * service can do without.
 */
type TutorialReport = Pick<
  TutorialMachine,
  'bootId' | 'seq' | 'uptimeSeconds' | 'bootMode' | 'sensorVersion' | 'sensorRunning'
> &
  Pick<TutorialMachine, 'bitlocker' | 'safeBootFlag' | 'hostname' | 'osBuild'> & {
    readonly machineId: string;
    readonly channelFileWrittenAt: string;
  };

@Injectable()
class HeartbeatService {
  private readonly machines: Repository<TutorialMachine>;

  constructor(dataSource: DataSource) {
    this.machines = dataSource.getRepository(TutorialMachine);
  }

  /** What somebody writes who has met the price of `save()`: all of a request in one statement, nothing looked up first. */
  async upsert(reports: readonly TutorialReport[]): Promise<{ id: string; state: string }[]> {
    const machines = reports.map((report) => columnsOf(report));
    await this.machines.upsert(machines, ['id']);
    return machines.map(({ id, state }) => ({ id, state }));
  }

  async report(report: TutorialReport): Promise<{ id: string; state: string }> {
    const { id, ...columns } = columnsOf(report);
    const machine = (await this.machines.findOneBy({ id })) ?? this.machines.create({ id });
    Object.assign(machine, columns);
    await this.machines.save(machine);
    return { id: machine.id, state: machine.state };
  }
}

function columnsOf({ machineId, channelFileWrittenAt, ...told }: TutorialReport) {
  const { bootId, seq, uptimeSeconds, bootMode, sensorVersion, sensorRunning } = told;
  const { bitlocker, safeBootFlag, hostname, osBuild } = told;
  return {
    id: machineId,
    practice: machineId.slice(0, machineId.indexOf('.')),
    state: channelFileWrittenAt === BAD_FILE_AT ? 'BAD_FILE' : 'OK',
    channelFileWrittenAt: new Date(channelFileWrittenAt),
    lastSeenAt: new Date(),
    ...{ bootId, seq, uptimeSeconds, bootMode, sensorVersion, sensorRunning },
    ...{ bitlocker, safeBootFlag, hostname, osBuild },
  };
}

@Controller('heartbeats')
class HeartbeatController {
  constructor(private readonly heartbeats: HeartbeatService) {}

  @Post()
  @HttpCode(200)
  async one(@Body() report: TutorialReport): Promise<unknown> {
    return this.heartbeats.report(report);
  }

  @Post('batch')
  @HttpCode(200)
  async batch(@Body() body: { readonly heartbeats: readonly TutorialReport[] }): Promise<unknown> {
    const results = [];
    for (const report of body.heartbeats) results.push(await this.heartbeats.report(report));
    return { results };
  }

  @Post('upsert')
  @HttpCode(200)
  async upsertOne(@Body() report: TutorialReport): Promise<unknown> {
    return this.heartbeats.upsert([report]);
  }

  @Post('upsert-batch')
  @HttpCode(200)
  async upsertBatch(@Body() body: { readonly heartbeats: readonly TutorialReport[] }): Promise<unknown> {
    return { results: await this.heartbeats.upsert(body.heartbeats) };
  }
}

/** Pool and everything else as they come. */
function tutorialModule(url: string): new () => object {
  const connect = (): Promise<DataSource> =>
    new DataSource({ type: 'postgres', url, entities: [TutorialMachine], synchronize: true }).initialize();
  @Module({
    controllers: [HeartbeatController],
    providers: [HeartbeatService, { provide: DataSource, useFactory: connect }],
  })
  class TutorialModule {}
  return TutorialModule;
}

serveParent(async (asked) => {
  const { url } = asked as { readonly url: string };
  const app = await NestFactory.create<NestFastifyApplication>(tutorialModule(url), new FastifyAdapter(), {
    logger: false,
  });
  await app.listen(0, LOOPBACK);
  return (app.getHttpServer().address() as AddressInfo).port;
});
