import { gzipSync } from 'node:zlib';
import { startApplication, type Application } from '../support/application';
import type { Answer, Refusal, ReportAnswer } from '../support/client';
import { PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine, type WireHeartbeat } from '../support/wire';

/** What does not fit through the wire: too large, too many, of another kind, or not to be stored. */
let app: Application;
let pc: Pc;
let seq = 0;

beforeAll(async () => {
  app = await startApplication({ now: '2024-07-19T09:00:00Z' });
  pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
});

afterAll(() => app.close());

/** Whatever was sent before, the next ordinary report is taken. */
afterEach(async () => {
  expect(await outcomesOf([next()])).toEqual(['ACCEPTED']);
});

const MEBIBYTE = 1_048_576;

function next(fields: Partial<WireHeartbeat> = {}): WireHeartbeat {
  seq += 1;
  return wireHeartbeat({ seq, uptimeSeconds: 600 + seq, ...fields });
}

async function outcomesOf(heartbeats: readonly unknown[]): Promise<readonly string[]> {
  const { body } = await app.client.report(pc.credential, heartbeats);
  return body.results.map(({ outcome, code }) => (code === null ? outcome : `${outcome} ${code}`));
}

function send(
  content: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<ReportAnswer & Refusal>> {
  return app.client.post('/v1/heartbeats', content, pc.credential, headers);
}

async function refusal(content: unknown, headers: Record<string, string> = {}): Promise<string> {
  const { status, body } = await send(content, headers);
  expect(Object.keys(body).sort()).toEqual(['code', 'message']);
  return `${status} ${body.code}`;
}

/** A report whose JSON has exactly so many bytes: blanks mean nothing in JSON. */
function padded(bytes: number): string {
  const text = JSON.stringify({ heartbeats: [next()] });
  return text + ' '.repeat(bytes - text.length);
}

describe('size', () => {
  it('takes a body of 1 MiB and refuses one more byte', async () => {
    expect((await send(padded(MEBIBYTE))).status).toBe(200);
    expect(await refusal(padded(MEBIBYTE + 1))).toBe('413 BODY_TOO_LARGE');
  });

  it('takes gzip, up to 1 MiB unpacked', async () => {
    const gzip = { 'content-encoding': 'gzip' };
    const { status, body } = await send(gzipSync(padded(MEBIBYTE)), gzip);
    expect([status, body.results]).toEqual([200, [{ seq, outcome: 'ACCEPTED', code: null }]]);
    expect(await refusal(gzipSync(padded(MEBIBYTE + 1)), gzip)).toBe('413 BODY_TOO_LARGE');
  });

  it('unpacks no more of a gzip bomb than it would read', async () => {
    const bomb = gzipSync(Buffer.alloc(256 * MEBIBYTE, ' '), { level: 9 });
    expect(bomb.length).toBeLessThan(MEBIBYTE);
    const before = process.memoryUsage().arrayBuffers;
    expect(await refusal(bomb, { 'content-encoding': 'gzip' })).toBe('413 BODY_TOO_LARGE');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * MEBIBYTE);
  });

  it('refuses what is not gzip but says so, and other encodings', async () => {
    expect(await refusal('{"heartbeats":[]}', { 'content-encoding': 'gzip' })).toBe('400 BAD_REQUEST');
    expect(await refusal(gzipSync(padded(500)).subarray(0, 60), { 'content-encoding': 'gzip' })).toBe(
      '400 BAD_REQUEST',
    );
    expect(await refusal('{"heartbeats":[]}', { 'content-encoding': 'br' })).toBe(
      '415 UNSUPPORTED_MEDIA_TYPE',
    );
  });

  it('takes 1 to 1,000 heartbeats', async () => {
    const thousand = Array.from({ length: 1_000 }, () => next());
    expect(new Set(await outcomesOf(thousand))).toEqual(new Set(['ACCEPTED']));
    expect(await refusal({ heartbeats: [...thousand, next()] })).toBe('400 BAD_REQUEST');
    expect(await refusal({ heartbeats: [] })).toBe('400 BAD_REQUEST');
  });

  it('does not unpack anything for strangers', async () => {
    const { status, body } = await app.client.post(
      '/v1/heartbeats',
      gzipSync(Buffer.alloc(MEBIBYTE * 8)),
      'stranger',
      {
        'content-encoding': 'gzip',
      },
    );
    expect([status, body.code]).toEqual([401, 'CREDENTIAL_INVALID']);
  });
});

describe('kind', () => {
  it.each([
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])('refuses %s with 415', async (type) => {
    expect(await refusal(JSON.stringify({ heartbeats: [wireHeartbeat()] }), { 'content-type': type })).toBe(
      '415 UNSUPPORTED_MEDIA_TYPE',
    );
  });

  it.each([
    '{',
    '',
    'null',
    '[]',
    '42',
    '"heartbeats"',
    '{"heartbeats":{}}',
    '{"heartbeats":[{}],"more":1}',
    '{"heartbeats":[}',
    '\u0000',
  ])('refuses the body %j', async (text) => {
    expect(await refusal(text)).toBe('400 BAD_REQUEST');
  });

  it('refuses keys that would poison an object', async () => {
    expect(await refusal('{"heartbeats":[{}],"__proto__":{"admin":true}}')).toBe('400 BAD_REQUEST');
    for (const poison of ['"__proto__":{"admin":true}', '"constructor":{"prototype":{}}']) {
      const fields = JSON.stringify(wireHeartbeat()).slice(1);
      const { body } = await send(`{"heartbeats":[{${poison},${fields}]}`, {});
      expect(body).toMatchObject({ results: [{ outcome: 'REJECTED', code: 'UNKNOWN_FIELD' }] });
    }
    expect(Object.hasOwn(Object.prototype, 'admin')).toBe(false);
  });

  it('refuses other methods and addresses with a code', async () => {
    for (const path of ['/v1/heartbeats', '/', '/v1/heartbeats/1', `/${'x'.repeat(4_000)}`]) {
      const { status, body } = await app.client.request(path);
      expect({ status, ...body }).toEqual({
        status: 404,
        code: 'NOT_FOUND',
        message: expect.any(String) as unknown,
      });
    }
    for (const path of ['/v1/%zz', '/v1/%2e%2e/x']) {
      const { status, body } = await app.client.request(path);
      expect({ status, ...body }).toEqual({
        status: 400,
        code: 'BAD_REQUEST',
        message: expect.any(String) as unknown,
      });
    }
  });
});

describe('content', () => {
  const NOT_TEXT = ['A\u0000B', '\u0000', '\ud83d', '\udc00A', 'A\ud83d'];

  it.each([
    'sensorVersion',
    'hostname',
    'osBuild',
    'bitlocker',
    'sentAt',
    'channelFileWrittenAt',
    'agentVersion',
  ] as const)('leaves out and names NUL bytes and half characters in %s', async (field) => {
    for (const text of NOT_TEXT) {
      const { body } = await app.client.report(pc.credential, [next(), { ...next(), [field]: text }, next()]);
      expect(
        body.results.map(({ outcome, warnings }) => [outcome, warnings?.map((one) => one.field)]),
      ).toEqual([
        ['ACCEPTED', undefined],
        ['ACCEPTED', [field]],
        ['ACCEPTED', undefined],
      ]);
    }
    expect((await pc.seen()).hostname).not.toContain('\u0000');
  });

  it('refuses them in a boot id', async () => {
    for (const text of NOT_TEXT)
      expect(await outcomesOf([{ ...next(), bootId: text }])).toEqual(['REJECTED INVALID_ITEM']);
  });

  it('keeps names in any script', async () => {
    expect(await outcomesOf([next({ hostname: 'ΠΥΛΗ-💊' })])).toEqual(['ACCEPTED']);
    expect(await pc.seen()).toMatchObject({ hostname: 'ΠΥΛΗ-💊' });
  });

  it.each([
    ['seq', '1e400'],
    ['seq', '9007199254740993'],
    ['seq', '1.5'],
    ['seq', '2147483648'],
    ['uptimeSeconds', '1e308'],
    ['uptimeSeconds', '-0.001'],
    ['ageSeconds', '1e999'],
    ['ageSeconds', '2678401'],
    ['ageSeconds', '"an hour"'],
  ])('refuses %s %s', async (field, literal) => {
    const text = JSON.stringify({ heartbeats: [{ ...next(), [field]: 'LITERAL' }] }).replace(
      '"LITERAL"',
      literal,
    );
    const { status, body } = await send(text);
    expect([status, body.results[0]?.outcome, body.results[0]?.code]).toEqual([
      200,
      'REJECTED',
      'INVALID_ITEM',
    ]);
  });

  it('takes the largest values it allows', async () => {
    const largest = {
      ...next(),
      uptimeSeconds: 10 * 366 * 86_400,
      ageSeconds: 31 * 86_400,
      hostname: 'x'.repeat(255),
    };
    expect(await outcomesOf([largest])).toEqual([expect.stringMatching(/^(ACCEPTED|STALE)$/)]);
    const crashes = Array.from({ length: 64 }, () => ({
      at: '9999-12-31T23:59:59.999999999Z',
      stopCode: 4_294_967_295,
    }));
    expect(await outcomesOf([next({ crashes })])).toEqual(['ACCEPTED']);
    const { body } = await app.client.report(pc.credential, [
      { ...next(), crashes: [...crashes, ...crashes.slice(0, 1)] },
    ]);
    expect(body.results).toMatchObject([{ outcome: 'ACCEPTED', warnings: [{ field: 'crashes' }] }]);
  });

  const WRONG_TIMES = [
    '0001-01-01T00:00:00Z',
    '1601-01-01T00:00:00Z',
    '1980-01-01T00:00:00+14:00',
    '9999-12-31T23:59:59-12:00',
  ];

  it.each(WRONG_TIMES)('takes the report of a machine whose clock says %s', async (sentAt) => {
    expect(await outcomesOf([next({ sentAt })])).toEqual(['ACCEPTED']);
  });

  it.each(WRONG_TIMES)(
    'takes the report of a machine whose file was written %s',
    async (channelFileWrittenAt) => {
      expect(await outcomesOf([next({ channelFileWrittenAt })])).toEqual(['ACCEPTED']);
      expect(await pc.seen()).toMatchObject({ contact: { freshness: 'FRESH' } });
    },
  );
});
