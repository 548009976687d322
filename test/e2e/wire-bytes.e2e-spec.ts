import { gzipSync } from 'node:zlib';
import { startApplication, type Application } from '../support/application';
import type { Refusal } from '../support/client';
import { PRACTICE } from '../support/practices';
import { Pc, wireHeartbeat, wireMachine } from '../support/wire';

/** The bytes of bodies: how they are packed, in which encoding, and what their Content-Type says of it; the same at every address. */
let app: Application;
let pc: Pc;
let token: string;
let seq = 0;

beforeAll(async () => {
  app = await startApplication({ now: '2024-07-19T09:00:00Z' });
  pc = await Pc.enrol(app.client, wireMachine(PRACTICE));
  token = await app.client.createEnrolmentToken(PRACTICE);
});

afterAll(() => app.close());

const MEBIBYTE = 1_048_576;
/** 32 KiB that unpack to 32 MiB. */
const BOMB = gzipSync(Buffer.alloc(32 * MEBIBYTE, ' '), { level: 9 });
const UTF8_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const UTF16_LE_MARK = Buffer.from([0xff, 0xfe]);
const UTF16_BE_MARK = Buffer.from([0xfe, 0xff]);
/** `É` in Latin-1 and windows-1252: in UTF-8 no character begins so before an ASCII letter. */
const LATIN1_E = 'É';

/** An address with a JSON body that it takes, made anew each time; `name` stands somewhere in its text. */
type Address = {
  readonly path: string;
  readonly bearer: () => string | null;
  readonly body: (name: string) => unknown;
};

const ADDRESSES: readonly Address[] = [
  {
    path: '/v1/heartbeats',
    bearer: () => pc.credential,
    body: (name) => {
      seq += 1;
      return { heartbeats: [wireHeartbeat({ seq, uptimeSeconds: 600 + seq, hostname: name })] };
    },
  },
  {
    path: '/v1/enrolments',
    bearer: () => null,
    body: (name) => ({ enrolmentToken: token, machines: [wireMachine(PRACTICE, { hostname: name })] }),
  },
  {
    path: '/v1/exports/machines',
    bearer: () => app.adminToken,
    body: (name) => ({ format: 'NDJSON', filter: { hostname: name } }),
  },
  {
    path: '/graphql',
    bearer: () => app.adminToken,
    body: (name) => ({ query: `{ __typename } # ${name}` }),
  },
  {
    path: '/v1/simulation/clock',
    bearer: () => app.adminToken,
    body: (name) => ({ now: '2024-07-19T09:00:00Z', name }),
  },
];

type Headers = Readonly<Record<string, string>>;

async function send(
  { path, bearer }: Address,
  bytes: Buffer,
  headers: Headers = {},
): Promise<{ status: number; code: string | undefined; message: string }> {
  const { status, body } = await app.client.post<Refusal | undefined>(path, bytes, bearer(), headers);
  return { status, code: body?.code, message: body?.message ?? '' };
}

function textOf(address: Address, name = 'RECEPTION-1'): string {
  return JSON.stringify(address.body(name));
}

describe.each(ADDRESSES)('POST $path', (address) => {
  it('ignores a leading byte order mark', async () => {
    const marked = Buffer.concat([UTF8_MARK, Buffer.from(textOf(address))]);
    expect((await send(address, marked)).status).toBe(200);
  });

  it('takes names in any script', async () => {
    expect((await send(address, Buffer.from(textOf(address, 'ΠΎΛΗ-💊É')))).status).toBe(200);
  });

  it.each([
    ['Latin-1', (text: string) => Buffer.from(text, 'latin1')],
    ['a surrogate in UTF-8 (CESU-8)', (text: string) => spliced(text, [0xed, 0xa0, 0x80])],
    ['an overlong slash', (text: string) => spliced(text, [0xc0, 0xaf])],
    ['a character cut off', (text: string) => spliced(text, [0xe2, 0x82])],
    [
      'UTF-16LE with its mark',
      (text: string) => Buffer.concat([UTF16_LE_MARK, Buffer.from(text, 'utf16le')]),
    ],
    [
      'UTF-16BE with its mark',
      (text: string) => Buffer.concat([UTF16_BE_MARK, Buffer.from(text, 'utf16le').swap16()]),
    ],
  ])('refuses %s by name, and packed as well', async (_name, encode) => {
    for (const pack of [false, true]) {
      const bytes = encode(textOf(address, `R${LATIN1_E}CEPTION-1`));
      const headers: Headers = pack ? { 'content-encoding': 'gzip' } : {};
      expect(await send(address, pack ? gzipSync(bytes) : bytes, headers)).toEqual({
        status: 400,
        code: 'BAD_ENCODING',
        message: expect.stringContaining('send UTF-8') as unknown,
      });
    }
  });

  it.each(['gzip', 'GZIP', 'x-gzip', 'X-GZip'])('takes %s', async (encoding) => {
    const packed = gzipSync(textOf(address));
    expect((await send(address, packed, { 'content-encoding': encoding })).status).toBe(200);
  });

  it.each(['identity', 'Identity'])('takes %s for plain', async (encoding) => {
    expect((await send(address, Buffer.from(textOf(address)), { 'content-encoding': encoding })).status).toBe(
      200,
    );
  });

  it.each(['br', 'deflate', 'gzip, gzip', 'zstd', '__proto__'])(
    'refuses the encoding %s',
    async (encoding) => {
      const answer = await send(address, gzipSync(textOf(address)), { 'content-encoding': encoding });
      expect([answer.status, answer.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
      expect(answer.message).toContain('gzip');
    },
  );

  it('refuses gzip that is none, and unpacks no more of a bomb than it would read', async () => {
    const packed = { 'content-encoding': 'gzip' };
    expect(await send(address, Buffer.from(textOf(address)), packed)).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
    expect(await send(address, gzipSync(textOf(address)).subarray(0, 30), packed)).toMatchObject({
      status: 400,
    });
    const before = process.memoryUsage().arrayBuffers;
    expect(await send(address, BOMB, packed)).toMatchObject({ status: 413, code: 'BODY_TOO_LARGE' });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * MEBIBYTE);
  });

  it.each([
    'application/json;charset=utf-8',
    'application/json; charset=UTF-8',
    'Application/JSON; Charset="utf-8"',
    'application/json; charset=utf8',
    'application/json; charset=us-ascii',
  ])('takes the type %s', async (type) => {
    expect((await send(address, Buffer.from(textOf(address)), { 'content-type': type })).status).toBe(200);
  });

  it.each(['utf-16', 'ISO-8859-1', '"windows-1252"', 'UTF-16LE'])(
    'refuses the charset %s by name',
    async (charset) => {
      const headers = { 'content-type': `application/json; charset=${charset}` };
      const answer = await send(address, Buffer.from(textOf(address)), headers);
      expect([answer.status, answer.code]).toEqual([415, 'UNSUPPORTED_MEDIA_TYPE']);
      expect(answer.message).toContain(charset.replaceAll('"', ''));
      expect(answer.message).toContain('send UTF-8');
    },
  );
});

function spliced(text: string, bytes: readonly number[]): Buffer {
  const [before, after] = text.split(LATIN1_E) as [string, string];
  return Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
}

describe('POST /v1/register/imports', () => {
  const LIST = `Practice code,Device name,Serial number\n${PRACTICE},PC-LISTED,ABC1234\n`;
  type Preview = {
    readonly outcome: string;
    readonly diff: { readonly added: number } | null;
    readonly code: string;
  };

  async function preview(bytes: Buffer, headers: Headers): Promise<{ status: number; body: Preview }> {
    const all = { 'content-type': 'text/csv', ...headers };
    return app.client.post<Preview>('/v1/register/imports', bytes, app.adminToken, all);
  }

  it.each(['gzip', 'GZIP', 'x-gzip'])('takes a list packed with %s', async (encoding) => {
    const { status, body } = await preview(gzipSync(LIST), { 'content-encoding': encoding });
    expect([status, body.outcome, body.diff?.added]).toEqual([200, 'PREVIEW', 1]);
  });

  it('refuses other encodings, broken gzip and bombs', async () => {
    expect((await preview(Buffer.from(LIST), { 'content-encoding': 'br' })).status).toBe(415);
    expect((await preview(Buffer.from(LIST), { 'content-encoding': 'gzip' })).status).toBe(400);
    expect((await preview(BOMB, { 'content-encoding': 'gzip' })).body.code).toBe('BODY_TOO_LARGE');
  });
});

it('does not lose a name to another encoding: nothing of a refused body is stored', async () => {
  await pc.seen();
  const before = await pc.seen();
  const body = JSON.stringify({ heartbeats: [{ ...wireHeartbeat({ seq: 999 }), hostname: 'RÉCEPTION-9' }] });
  const { status } = await app.client.post('/v1/heartbeats', Buffer.from(body, 'latin1'), pc.credential);
  expect(status).toBe(400);
  expect(await pc.seen()).toEqual(before);
});
