import { Logger } from '@nestjs/common';
import { setImmediate as turn } from 'node:timers/promises';
import { text as textOf } from 'node:stream/consumers';
import { ServiceLife } from '../service-life';
import { OpenExports } from './open-exports';

beforeAll(() => {
  Logger.overrideLogger(false);
});

/** A text without end that says how far it was read and whether it was ended. */
class Endless {
  parts = 0;
  ended = false;

  async *read(): AsyncGenerator<string, void, undefined> {
    try {
      for (;;) {
        this.parts += 1;
        await turn();
        yield 'x'.repeat(10_000);
      }
    } finally {
      this.ended = true;
    }
  }
}

async function* partsOf(...parts: readonly (string | Error)[]): AsyncGenerator<string, void, undefined> {
  for (const part of parts) {
    await turn();
    if (part instanceof Error) throw part;
    yield part;
  }
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await turn();
}

let life: ServiceLife;
let exports: OpenExports;

beforeEach(() => {
  life = new ServiceLife();
  exports = new OpenExports(life);
});

afterEach(() => life.beginStop());

it('writes everything, in order', async () => {
  expect(await textOf(await exports.open('a', partsOf('one ', 'two ', 'three')))).toBe('one two three');
});

it('reads no further ahead than a reader takes, and stops when the reader goes', async () => {
  const endless = new Endless();
  const stream = await exports.open('a', endless.read());
  await turns(50);
  expect(endless.parts).toBe(1);
  for (let i = 0; i < 5; i += 1) {
    while (stream.read() === null) await turn();
  }
  await turns(50);
  expect(endless.parts).toBeLessThanOrEqual(7);
  stream.destroy();
  await turns(5);
  expect(endless.ended).toBe(true);
  const parts = endless.parts;
  await turns(50);
  expect(endless.parts).toBe(parts);
});

it('what fails at once is thrown, what fails later breaks the stream', async () => {
  await expect(exports.open('a', partsOf(new Error('no')))).rejects.toThrow('no');
  const stream = await exports.open('a', partsOf('one', new Error('gone')));
  await expect(textOf(stream)).rejects.toThrow('gone');
});

it('gives two places to a sender and four to all, and takes them back however an export ends', async () => {
  const refusal = { code: 'RATE_LIMITED', retryAfterSeconds: 10 };
  const open = (sender: string): Promise<unknown> => exports.open(sender, new Endless().read());
  const first = await exports.open('a', new Endless().read());
  const broken = await exports.open('a', partsOf('one', new Error('gone')));
  await expect(open('a')).rejects.toMatchObject(refusal);
  await expect(textOf(broken)).rejects.toThrow('gone');
  await expect(exports.open('a', partsOf(new Error('no')))).rejects.toThrow('no');
  await textOf(await exports.open('a', partsOf('whole')));
  await open('a');
  await open('b');
  await open('b');
  await expect(open('c')).rejects.toMatchObject(refusal);
  first.destroy();
  await turns(5);
  await open('c');
});

it('ends with the service', async () => {
  const stream = await exports.open('a', new Endless().read());
  const read = textOf(stream);
  life.beginStop();
  await expect(read).rejects.toMatchObject({ code: 'STOPPING' });
  await expect(exports.open('a', partsOf('one'))).rejects.toMatchObject({ code: 'STOPPING' });
});
