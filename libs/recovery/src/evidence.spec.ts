import {
  aHeartbeat,
  at,
  GOOD_FILE,
  iso,
  minutes,
  OTHER_STOP_CODE,
  PAGE_FAULT,
  THREAD_EXCEPTION,
} from '../../../test/support/fleet';
import { SECOND_MS } from './clock';
import type { FileVerdict } from './evidence';

describe('the dates of a heartbeat', () => {
  it('was observed its age before it was received, and its session started its uptime before that', () => {
    const evidence = aHeartbeat().aged(minutes(10)).uptime(minutes(62)).proves('2024-07-22T08:00Z');
    expect(iso(evidence.observedAtMs)).toBe('2024-07-22T07:50:00.000Z');
    expect(iso(evidence.sessionStartedAtMs)).toBe('2024-07-22T06:48:00.000Z');
  });

  it('tells the start to the second, as finely as uptime is told', () => {
    const evidence = aHeartbeat().uptime(minutes(62)).proves('2024-07-22T08:00:00.999Z');
    expect(iso(evidence.sessionStartedAtMs)).toBe('2024-07-22T06:58:00.000Z');
  });

  it("is not moved by the machine's own clock, which only shows its skew", () => {
    const wrong = aHeartbeat().sentAt(at('2020-01-01T00:00Z')).proves('2024-07-22T08:00Z');
    const silent = aHeartbeat().proves('2024-07-22T08:00Z');
    expect({ ...wrong, skewMs: null, fingerprint: silent.fingerprint }).toEqual(silent);
    expect(wrong.skewMs).toBe(at('2020-01-01T00:00Z') - at('2024-07-22T08:00Z'));
  });

  it('takes the better reading of sentAt in a spooled report: when it was written or when it was sent', () => {
    const spooled = aHeartbeat().aged(minutes(90));
    expect(spooled.sentAt(at('2024-07-22T06:30:02Z')).proves('2024-07-22T08:00Z').skewMs).toBe(2 * SECOND_MS);
    expect(spooled.sentAt(at('2024-07-22T07:59:57Z')).proves('2024-07-22T08:00Z').skewMs).toBe(
      -3 * SECOND_MS,
    );
  });

  it('is live up to one interval of age', () => {
    expect(aHeartbeat().aged(minutes(5)).proves('2024-07-22T08:00Z').live).toBe(true);
    expect(
      aHeartbeat()
        .aged(minutes(5) + 1)
        .proves('2024-07-22T08:00Z').live,
    ).toBe(false);
  });
});

describe('the file verdict', () => {
  it.each<[string, FileVerdict]>([
    ['2024-07-19T04:08:59.999Z', 'PRE_INCIDENT'],
    ['2024-07-19T04:09:00.000Z', 'BAD'],
    ['2024-07-19T05:26:59.999Z', 'BAD'],
    ['2024-07-19T05:27:00.000Z', 'GOOD'],
    ['2024-07-19T06:26:59.999+01:00', 'BAD'],
    ['2024-07-19T06:27:00.000+01:00', 'GOOD'],
  ])('of a file written at %s is %s', (writtenAt, verdict) => {
    expect(aHeartbeat().file(writtenAt).proves('2024-07-22T08:00Z').file).toBe(verdict);
  });

  it('is NOT_COLLECTED when the field is absent and ABSENT when it is null', () => {
    expect(aHeartbeat().proves('2024-07-22T08:00Z').file).toBe('NOT_COLLECTED');
    expect(aHeartbeat().file(null).proves('2024-07-22T08:00Z').file).toBe('ABSENT');
  });

  it('is AMBIGUOUS when the file is from more than five minutes after the receipt', () => {
    expect(aHeartbeat().file('2024-07-22T08:05:00.000Z').proves('2024-07-22T08:00Z').file).toBe('GOOD');
    expect(aHeartbeat().file('2024-07-22T08:05:00.001Z').proves('2024-07-22T08:00Z').file).toBe('AMBIGUOUS');
  });

  it.each([
    ['the file time of Windows', '1601-01-01T00:00:00Z'],
    ['the same in a zone', '1601-01-01T01:00:00+01:00'],
    ['.NET', '0001-01-01T00:00:00Z'],
    ['Unix', '1970-01-01T00:00:00Z'],
    ['FAT', '1980-01-01T00:00:00Z'],
    ['a dead battery', '2019-01-01T00:03:12Z'],
    ['the day before the product could read such files', '2024-02-27T23:59:59Z'],
  ])('is AMBIGUOUS at a time at which there was no such file: the zero of %s', (_what, writtenAt) => {
    const evidence = aHeartbeat().file(writtenAt).sensorRunning(true).proves('2024-07-22T08:00Z');
    expect(evidence.file).toBe('AMBIGUOUS');
    expect(aHeartbeat().file('2024-02-28T00:00:00Z').proves('2024-07-22T08:00Z').file).toBe('PRE_INCIDENT');
  });

  it('is not touched by a clock that only shows the zero of its kind of time', () => {
    for (const zero of ['1601-01-01T00:00:00Z', '0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z']) {
      const evidence = aHeartbeat().file(GOOD_FILE).sentAt(at(zero)).proves('2024-07-22T08:00Z');
      expect([evidence.skewMs, evidence.file]).toEqual([null, 'GOOD']);
    }
  });

  it('is AMBIGUOUS within the skew of an edge, once the skew is more than 120 s', () => {
    const receivedAt = '2024-07-22T08:00Z';
    const skewed = (skewMs: number, writtenAt: string): FileVerdict =>
      aHeartbeat()
        .sentAt(at(receivedAt) + skewMs)
        .file(writtenAt)
        .proves(receivedAt).file;
    expect(skewed(120_000, '2024-07-19T05:27:01Z')).toBe('GOOD');
    expect(skewed(-120_000, '2024-07-19T04:09:01Z')).toBe('BAD');
    expect(skewed(120_001, '2024-07-19T05:29:00.001Z')).toBe('AMBIGUOUS');
    expect(skewed(120_001, '2024-07-19T05:29:00.002Z')).toBe('GOOD');
    expect(skewed(-120_001, '2024-07-19T05:24:59.999Z')).toBe('AMBIGUOUS');
    expect(skewed(-120_001, '2024-07-19T05:24:59.998Z')).toBe('BAD');
    expect(skewed(600_000, '2024-07-19T04:00:00Z')).toBe('AMBIGUOUS');
    expect(skewed(600_000, '2024-07-19T03:58:59.999Z')).toBe('PRE_INCIDENT');
  });
});

describe('a crash', () => {
  it('is a hit with stop code 0x50 or 0x7E at or after the start of the window', () => {
    const evidence = aHeartbeat()
      .crash('2024-07-19T04:31Z', THREAD_EXCEPTION)
      .crash('2024-07-19T04:09:00.000Z', PAGE_FAULT)
      .crash('2024-07-19T04:08:59.999Z', PAGE_FAULT)
      .proves('2024-07-22T08:00Z');
    expect(evidence.hitsMs.map(iso)).toEqual(['2024-07-19T04:09:00.000Z', '2024-07-19T04:31:00.000Z']);
    expect(evidence.lastSoftCrashMs).toBeNull();
  });

  it('is soft with any other stop code, and only the newest soft one matters', () => {
    const evidence = aHeartbeat()
      .crash('2024-07-19T10:00Z', 0)
      .crash('2024-07-20T10:00Z', OTHER_STOP_CODE)
      .crash('2024-07-20T09:00Z', OTHER_STOP_CODE)
      .crash('2024-07-19T04:00Z', OTHER_STOP_CODE)
      .proves('2024-07-22T08:00Z');
    expect(evidence.hitsMs).toEqual([]);
    expect(iso(evidence.lastSoftCrashMs)).toBe('2024-07-20T10:00:00.000Z');
  });

  it('counts once however often the list repeats it', () => {
    const twice = aHeartbeat()
      .crash('2024-07-19T04:31Z')
      .crash('2024-07-19T04:31Z')
      .proves('2024-07-22T08:00Z');
    expect(twice.hitsMs).toHaveLength(1);
  });

  it('proves nothing when it is dated more than five minutes after the receipt', () => {
    expect(aHeartbeat().crash('2024-07-22T08:05:00.001Z').proves('2024-07-22T08:00Z').hitsMs).toEqual([]);
    expect(aHeartbeat().crash('2024-07-22T08:05Z').proves('2024-07-22T08:00Z').hitsMs).toHaveLength(1);
  });

  it('proves nothing within the skew of the start of the window', () => {
    const skewed = aHeartbeat().sentAt(at('2024-07-22T08:10Z'));
    expect(skewed.crash('2024-07-19T04:12Z').proves('2024-07-22T08:00Z').hitsMs).toEqual([]);
    expect(skewed.crash('2024-07-19T04:31Z').proves('2024-07-22T08:00Z').hitsMs).toHaveLength(1);
  });
});

describe('what was not collected', () => {
  it('stays unknown and becomes no default', () => {
    const evidence = aHeartbeat()
      .without('sensorRunning', 'bitlocker', 'safeBootFlag', 'sensorVersion')
      .proves('2024-07-22T08:00Z');
    expect([evidence.sensorRunning, evidence.bitlocker, evidence.safeBootFlag]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(evidence.inScope).toBe(true);
    expect(aHeartbeat().bitlocker('UNKNOWN').proves('2024-07-22T08:00Z').bitlocker).toBeUndefined();
  });

  it('is not confused with a sensor that is not there, which cannot be running', () => {
    const evidence = aHeartbeat().sensor(null).sensorRunning(true).proves('2024-07-22T08:00Z');
    expect([evidence.inScope, evidence.sensorRunning]).toEqual([false, false]);
  });
});
