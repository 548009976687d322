import { bootIdOf, hostnameOf, machineIdOf, makeFleetShape, practiceCodeOf } from '../fleet/fleet-shape';
import { wireHeartbeat } from '../fleet/heartbeat-facts';
import { HeartbeatWriter } from './heartbeat-writer';
import { layOutRequest, type ReportRequest } from './report-request';
import { writingMoment } from './writing-moment';

const shape = makeFleetShape({ machines: 1_000, practiceCodes: ['X01001', 'X01002', 'X02001'], seed: 1 });
const BOOTED_AT_MS = Date.UTC(2026, 0, 1);
const NOW_MS = BOOTED_AT_MS + 864_000_250;
const TARGET = { port: 1, path: '/v1/heartbeats' };

function written(request: ReportRequest, from: number, uptime: 'exact' | 'whole'): unknown {
  const writer = new HeartbeatWriter(shape, request.slots);
  request.heartbeatsAt.forEach((at, i) => {
    writer.write(
      request.bytes,
      at,
      from + i,
      2_884 + i,
      i === 1,
      writingMoment(NOW_MS, BOOTED_AT_MS, uptime),
    );
  });
  const text = request.bytes.toString('latin1');
  const body = text.slice(text.indexOf('\r\n\r\n') + 4);
  expect(Number(/Content-Length: (\d+)/.exec(text)?.[1])).toBe(body.length);
  return JSON.parse(body);
}

function expected(index: number, i: number, withMachineId: boolean): unknown {
  return wireHeartbeat({
    machineId: withMachineId ? `${practiceCodeOf(shape, index)}.${machineIdOf(index)}` : null,
    bootId: bootIdOf(index),
    seq: 2_884 + i,
    uptimeSeconds: 864_000.25,
    bad: i === 1,
    hostname: hostnameOf(shape, index),
    sentAt: new Date(NOW_MS).toISOString(),
  });
}

describe('writing heartbeats into a request', () => {
  it('gives the same JSON as serialising them, whatever stood there before', () => {
    const request = layOutRequest('RELAY', TARGET, 3, 'r1.credential');
    written(request, 900, 'exact');
    const heartbeats = [5, 6, 7].map((index, i) => expected(index, i, true));
    expect(written(request, 5, 'exact')).toEqual({ heartbeats });
  });

  it('leaves the machine out where its own credential says it', () => {
    const request = layOutRequest('MACHINE', TARGET, 1, 'm1.credential');
    expect(written(request, 42, 'exact')).toEqual({ heartbeats: [expected(42, 0, false)] });
    expect(request.bytes.toString('latin1', request.credentialAt, request.credentialAt + 13)).toBe(
      'm1.credential',
    );
  });

  it('wraps them for the mutation, and not at all for one plain heartbeat', () => {
    const mutation = layOutRequest('GRAPHQL_RELAY', TARGET, 2, 'r1.credential');
    expect(written(mutation, 10, 'exact')).toMatchObject({
      variables: { input: { heartbeats: [expected(10, 0, true), expected(11, 1, true)] } },
    });
    const plain = layOutRequest('PLAIN_ONE', TARGET, 1, 'none');
    expect(written(plain, 10, 'exact')).toEqual(expected(10, 0, true));
  });

  it('cuts uptimes to whole seconds, one less for machines whose last second is not full', () => {
    const request = layOutRequest('RELAY', TARGET, 500, 'r1.credential');
    const { heartbeats } = written(request, 0, 'whole') as {
      heartbeats: { uptimeSeconds: number }[];
    };
    const uptimes = heartbeats.map(({ uptimeSeconds }) => uptimeSeconds);
    expect(new Set(uptimes)).toEqual(new Set([864_000, 863_999]));
    // A quarter of the second has passed: three machines in four booted later within theirs.
    expect(uptimes.filter((uptime) => uptime === 863_999).length / 500).toBeCloseTo(0.75, 1);
  });
});
