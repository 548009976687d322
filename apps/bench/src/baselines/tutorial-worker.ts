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

  async report(report: TutorialReport): Promise<{ id: string; state: string }> {
    const {
      machineId,
      channelFileWrittenAt,
      bootId,
      seq,
      uptimeSeconds,
      bootMode,
      sensorVersion,
      sensorRunning,
    } = report;
    const { bitlocker, safeBootFlag, hostname, osBuild } = report;
    const machine =
      (await this.machines.findOneBy({ id: machineId })) ?? this.machines.create({ id: machineId });
    Object.assign(machine, {
      bootId,
      seq,
      uptimeSeconds,
      bootMode,
      sensorVersion,
      sensorRunning,
      bitlocker,
      safeBootFlag,
    });
    Object.assign(machine, { hostname, osBuild });
    machine.practice = machineId.slice(0, machineId.indexOf('.'));
    machine.channelFileWrittenAt = new Date(channelFileWrittenAt);
    machine.state = channelFileWrittenAt === BAD_FILE_AT ? 'BAD_FILE' : 'OK';
    machine.lastSeenAt = new Date();
    await this.machines.save(machine);
    return { id: machine.id, state: machine.state };
  }
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
