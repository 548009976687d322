import {
  aHeartbeat,
  aMachine,
  at,
  BAD_FILE,
  between,
  iso,
  minutes,
  theRules,
  type MachineStory,
} from '../../../test/support/fleet';
import type { Rules } from './exposure';
import { isSiteMatter, recogniseSite, siteHold, siteHoldsUntilMs, type SiteSilence } from './site-silence';

/** Practices open from 07:00 to 17:30Z. Monday after the incident: a machine that crashed is back, and its practice goes dark. */
const SILENT_SINCE = '2024-07-22T10:00Z';

function darkSince(silentSince: string, spokeAgain: string | null = null, machines = 12): SiteSilence {
  return {
    silentSinceMs: at(silentSince),
    machines,
    spokeAgainAtMs: spokeAgain === null ? null : at(spokeAgain),
  };
}

function stabilising(lastHeard: string, rules: Rules = theRules()): MachineStory {
  const startedAt = new Date(at(lastHeard) - minutes(20)).toISOString();
  return aMachine(rules).boots(startedAt).reports(lastHeard, aHeartbeat().crash('2024-07-19T04:31Z'));
}

describe('a site', () => {
  const contacts = { lastHeardMs: at(SILENT_SINCE), together: 3, speaking: 3 };

  it('is three machines or more that fell silent together', () => {
    expect(recogniseSite(contacts, theRules())).toEqual(darkSince(SILENT_SINCE, null, 3));
    expect(recogniseSite({ ...contacts, together: 2, speaking: 2 }, theRules())).toBeNull();
    expect(recogniseSite({ ...contacts, together: 1, speaking: 1 }, theRules())).toBeNull();
  });

  it('is most of the machines that had been speaking: a practice that faded away is none', () => {
    expect(recogniseSite({ ...contacts, speaking: 5 }, theRules())).not.toBeNull();
    expect(recogniseSite({ ...contacts, speaking: 6 }, theRules())).toBeNull();
  });

  it.each([
    ['2024-07-19T03:58:59Z', true],
    ['2024-07-19T03:59:00Z', false],
    ['2024-07-19T04:31:00Z', false],
    ['2024-07-19T05:26:59Z', false],
    ['2024-07-19T05:27:00Z', true],
  ])(
    'that falls silent at %s is one: %p, because around the window mass silence is the evidence',
    (when, is) => {
      expect(recogniseSite({ ...contacts, lastHeardMs: at(when) }, theRules()) !== null).toBe(is);
    },
  );
});

describe('while a whole practice is silent', () => {
  it('the silence of a machine that fell silent with it is held, and looked at again', () => {
    const pc = stabilising('2024-07-22T09:56Z').silentUntil('2024-07-22T11:00Z', darkSince(SILENT_SINCE));
    expect([pc.state, pc.path, iso(pc.machine.dueAtMs)]).toEqual([
      'STABILISING',
      ['STABILISING'],
      '2024-07-22T12:00:00.000Z',
    ]);
  });

  it.each<[string, () => MachineStory, string]>([
    [
      'LATENT',
      () => aMachine().boots('2024-07-22T09:00Z').reports('2024-07-22T09:56Z', aHeartbeat().file(BAD_FILE)),
      '2024-07-22T11:30Z',
    ],
    [
      'IN_REPAIR',
      () => aMachine().boots('2024-07-22T09:00Z', 'WINRE').reports('2024-07-22T09:56Z'),
      '2024-07-22T14:30Z',
    ],
  ])('so is that of a machine %s', (state, story, now) => {
    expect(story().silentUntil(now, darkSince(SILENT_SINCE)).state).toBe(state);
    expect(story().silentUntil(now).state).toBe('DOWN');
  });

  it('a loop explains its own silence, and is not held', () => {
    const pc = stabilising('2024-07-22T09:50Z').boots('2024-07-22T09:54Z').reports('2024-07-22T09:56Z');
    expect(pc.state).toBe('CRASH_LOOPING');
    expect(isSiteMatter(pc.machine, at('2024-07-22T11:00Z'), theRules())).toBe(false);
    expect(pc.silentUntil('2024-07-22T11:00Z', darkSince(SILENT_SINCE)).state).toBe('DOWN');
  });

  it('a machine that had been silent before it is not held, nor one heard after it began', () => {
    const site = darkSince(SILENT_SINCE);
    expect(stabilising('2024-07-22T09:45Z').silentUntil('2024-07-22T11:00Z', site).state).toBe('STABILISING');
    expect(stabilising('2024-07-22T09:44Z').silentUntil('2024-07-22T11:00Z', site).state).toBe('DOWN');
    expect(stabilising('2024-07-22T10:01Z').silentUntil('2024-07-22T11:30Z', site).state).toBe('DOWN');
  });

  it('nobody is held for longer than a working day: then silence means what it always means, dated by its deadline', () => {
    const site = darkSince(SILENT_SINCE);
    // 7 h 30 on Monday, and three hours of Tuesday.
    expect(iso(siteHoldsUntilMs(site, theRules()))).toBe('2024-07-23T10:00:00.000Z');
    const pc = stabilising('2024-07-22T09:56Z').silentUntil('2024-07-23T09:59:59Z', site);
    expect([pc.state, iso(pc.machine.dueAtMs)]).toEqual(['STABILISING', '2024-07-23T10:00:00.000Z']);
    pc.silentUntil('2024-07-23T10:00Z', site);
    expect([pc.state, pc.since, pc.lastTransition.reason]).toEqual([
      'DOWN',
      '2024-07-22T10:56:00.000Z',
      'SILENT_IN_OPENING_HOURS',
    ]);
    expect(pc.lastTransition.evidence.siteSilentSince).toBe('2024-07-22T10:00:00.000Z');
  });

  it('a weekend does not use up the hold, and blind time does not either', () => {
    const friday = darkSince('2024-07-26T17:00Z');
    expect(iso(siteHoldsUntilMs(friday, theRules()))).toBe('2024-07-29T17:00:00.000Z');
    const blind = theRules(between('2024-07-22T12:00Z', '2024-07-22T13:00Z'));
    expect(iso(siteHoldsUntilMs(darkSince(SILENT_SINCE), blind))).toBe('2024-07-23T11:00:00.000Z');
  });
});

describe('when the practice speaks again', () => {
  const back = darkSince(SILENT_SINCE, '2024-07-22T12:00:10Z');

  it('a machine has an hour of opening time to be heard, and moves at its own deadline when it is not', () => {
    const pc = stabilising('2024-07-22T09:56Z').silentUntil('2024-07-22T13:00Z', back);
    expect([pc.state, iso(pc.machine.dueAtMs)]).toEqual(['STABILISING', '2024-07-22T13:00:10.000Z']);
    pc.silentUntil('2024-07-22T13:00:10Z', back);
    expect([pc.state, pc.since]).toEqual(['DOWN', '2024-07-22T10:56:00.000Z']);
  });

  it('that hour is one of opening time', () => {
    const evening = darkSince('2024-07-22T15:00Z', '2024-07-22T17:00Z');
    expect(iso(siteHoldsUntilMs(evening, theRules()))).toBe('2024-07-23T07:30:00.000Z');
  });

  it('a machine that is heard goes on as ever', () => {
    const pc = stabilising('2024-07-22T09:56Z').silentUntil('2024-07-22T12:30Z', back);
    pc.reports('2024-07-22T12:40Z').silentUntil('2024-07-22T13:20Z', back);
    expect([pc.state, iso(pc.machine.dueAtMs)]).toEqual(['STABILISING', '2024-07-22T13:40:00.000Z']);
    expect(pc.silentUntil('2024-07-22T13:40Z', back).since).toBe('2024-07-22T13:40:00.000Z');
  });
});

describe('what is never held', () => {
  it('is silence that began around the window, whoever shares it', () => {
    const site = darkSince('2024-07-19T04:31Z');
    const pc = aMachine().boots('2024-07-19T00:00Z').reports('2024-07-19T04:31Z');
    expect(pc.silentUntil('2024-07-19T05:30Z', site).exposure).toBe('SUSPECTED');
    expect(pc.silentUntil('2024-07-19T08:00Z', site).since).toBe('2024-07-19T08:00:00.000Z');
    const latent = aMachine()
      .boots('2024-07-19T00:00Z')
      .reports('2024-07-19T05:20Z', aHeartbeat().file(BAD_FILE));
    expect(latent.silentUntil('2024-07-19T08:00Z', darkSince('2024-07-19T05:27Z')).state).toBe('DOWN');
  });

  it('is silence whose deadline passes while the practice is closed: at night every practice is silent', () => {
    const evening = (): MachineStory =>
      aMachine().boots('2024-07-22T17:00Z', 'SAFE_MODE').reports('2024-07-22T17:18Z');
    const site = darkSince('2024-07-22T17:20Z');
    for (const now of ['2024-07-22T21:18Z', '2024-07-23T09:00Z']) {
      const pc = evening().silentUntil(now, site);
      expect([pc.state, pc.since]).toEqual(['DOWN', '2024-07-22T21:18:00.000Z']);
    }
  });

  it('is a machine that was never heard, one that is DOWN already, and one that has no deadline', () => {
    const now = at('2024-07-22T12:00Z');
    const down = stabilising('2024-07-22T07:00Z').silentUntil('2024-07-22T09:00Z');
    const fine = aMachine().boots('2024-07-22T09:00Z').reports('2024-07-22T09:56Z');
    for (const pc of [aMachine(), down, fine]) {
      expect(isSiteMatter(pc.machine, now, theRules())).toBe(false);
      expect(siteHold(pc.machine, darkSince(SILENT_SINCE), now, theRules())).toBeNull();
    }
  });
});
