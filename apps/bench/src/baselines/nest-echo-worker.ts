import 'reflect-metadata';
import { Body, Controller, HttpCode, Module, Post } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { AddressInfo } from 'node:net';
import { LOOPBACK } from '../load/http-connection';
import { serveParent } from '../stage/serve-parent';
import { echoAnswer } from './echo-answer';

/** The same as the bare echo, through a controller. */
@Controller()
class EchoController {
  @Post('echo')
  @HttpCode(200)
  async echo(@Body() body: unknown): Promise<unknown> {
    return echoAnswer(body);
  }
}

@Module({ controllers: [EchoController] })
class EchoModule {}

serveParent(async () => {
  const app = await NestFactory.create<NestFastifyApplication>(EchoModule, new FastifyAdapter(), {
    logger: false,
  });
  await app.listen(0, LOOPBACK);
  return (app.getHttpServer().address() as AddressInfo).port;
});
