import { createServer, connect } from 'node:net';
import { once } from 'node:events';
import { DatabaseError } from 'pg';
import {
  breaksConnection,
  describeFailure,
  isDatabaseFailure,
  isDataFault,
  isProgramFault,
} from './database-failure';

function sqlError(code: string): DatabaseError {
  const error = new DatabaseError(`of ${code}`, 1, 'error');
  error.code = code;
  return error;
}

/** As Node makes it: with the number and the call. */
function systemError(code: string, syscall: string): Error {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall, errno: -1 });
}

describe('what is to blame for an error', () => {
  it.each(['22001', '22P02', '22003', '23502', '23505', '23514', '21000'])('%s: perhaps the data', (code) => {
    expect([isDataFault(sqlError(code)), isDatabaseFailure(sqlError(code))]).toEqual([true, false]);
  });

  it.each([
    ...[
      '42703',
      '42P01',
      '42501',
      '42601',
      '26000',
      '42P05',
      '0A000',
      '25006',
      '40001',
      '40P01',
      '53100',
      '53300',
    ],
    ...['55P03', '57014', '57P01', '57P03', '08006', '28P01', '3D000', 'XX000', 'P0001', '44000', '58030'],
  ])('%s: the database', (code) => {
    expect([isDataFault(sqlError(code)), isDatabaseFailure(sqlError(code))]).toEqual([false, true]);
  });

  it.each([
    ['EMFILE', 'connect'],
    ['EAI_AGAIN', 'getaddrinfo'],
    ['ENOTFOUND', 'getaddrinfo'],
    ['EHOSTDOWN', 'connect'],
    ['ENETUNREACH', 'connect'],
    ['EADDRNOTAVAIL', 'connect'],
    ['ECONNRESET', 'read'],
    ['EPIPE', 'write'],
    ['ENOENT', 'connect'],
  ])('%s on %s: the way to it', (code, call) => {
    const error = systemError(code, call);
    expect([isDataFault(error), isDatabaseFailure(error), breaksConnection(error)]).toEqual([
      false,
      true,
      true,
    ]);
  });

  it.each([
    'CERT_HAS_EXPIRED',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ])('%s: the way to it', (code) => {
    const error = Object.assign(new Error('of TLS'), { code });
    expect([isDataFault(error), isDatabaseFailure(error)]).toEqual([false, true]);
  });

  it('a host of several addresses that all refuse: the way to it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    server.close();
    await once(server, 'close');
    const socket = connect({ host: 'localhost', port, autoSelectFamily: true });
    const [error] = (await once(socket, 'error').catch((thrown: unknown) => [thrown])) as [unknown];
    expect(isDatabaseFailure(error)).toBe(true);
    expect(isDatabaseFailure(new AggregateError([systemError('ECONNREFUSED', 'connect')]))).toBe(true);
  });

  it.each([
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'Query read timeout',
  ])('“%s”: the way to it', (message) => {
    expect(isDatabaseFailure(new Error(message))).toBe(true);
  });

  it('an error of the language, or of a file: neither', () => {
    for (const error of [
      new TypeError('undefined is not a connection'),
      systemError('ENOENT', 'open'),
      null,
      'timeout',
    ])
      expect([isDataFault(error), isDatabaseFailure(error)]).toEqual([false, false]);
    expect(isProgramFault(new TypeError('undefined'))).toBe(true);
    expect(isProgramFault(sqlError('22001'))).toBe(false);
  });

  it('keeps no connection whose prepared statements are not what the driver believes', () => {
    for (const code of ['26000', '42P05', '0A000']) expect(breaksConnection(sqlError(code))).toBe(true);
    expect(breaksConnection(sqlError('40001'))).toBe(false);
  });
});

it('tells of a data fault where it is, and none of the data', () => {
  const error = Object.assign(sqlError('22P02'), {
    message: 'invalid input: "FRONT-DESK"',
    table: 'machine',
  });
  expect(describeFailure(error)).toEqual({ code: '22P02', message: 'the data was not accepted: machine' });
  expect(describeFailure(sqlError('42501'))).toEqual({ code: '42501', message: 'of 42501' });
  expect(describeFailure(new Error('x'.repeat(5_000))).message).toHaveLength(300);
});
