import { aHeartbeat, aMachine, between, iso, theRules, type MachineStory } from '../../../test/support/fleet';
import type { Rules } from './exposure';

/** Up just before the window, in a session that nobody has heard of since. */
const lastHeard = (contact: string, rules: Rules = theRules()): MachineStory =>
  aMachine(rules).boots('2024-07-19T00:00Z').reports(contact);
const dates = (pc: MachineStory): (string | null)[] => pc.transitions.map(({ atMs }) => iso(atMs));

describe('SUSPECTED', () => {
  it('is a machine last in contact around the window and then silent for three intervals', () => {
    const pc = lastHeard('2024-07-19T05:20Z').silentUntil('2024-07-19T05:34:59.999Z');
    expect(pc.exposure).toBe('UNKNOWN');
    pc.silentUntil('2024-07-19T05:35Z');
    expect([pc.exposure, pc.state, dates(pc)]).toEqual([
      'SUSPECTED',
      'UNVERIFIED',
      ['2024-07-19T05:35:00.000Z'],
    ]);
  });

  it('is not concluded before the window has ended, and is then dated by its end', () => {
    const pc = lastHeard('2024-07-19T04:05Z').silentUntil('2024-07-19T05:26:59Z');
    expect(pc.exposure).toBe('UNKNOWN');
    expect(dates(pc.silentUntil('2024-07-19T07:00Z'))).toEqual(['2024-07-19T05:27:00.000Z']);
  });

  it('begins with a contact two intervals before the window, not earlier', () => {
    expect(lastHeard('2024-07-19T03:59:00.000Z').silentUntil('2024-07-22T12:00Z').exposure).toBe('SUSPECTED');
    expect(lastHeard('2024-07-19T03:58:59.999Z').silentUntil('2024-07-22T12:00Z').exposure).toBe('UNKNOWN');
  });

  it('is not concluded from silence in a time in which we were blind', () => {
    const blind = theRules(between('2024-07-19T05:25Z', '2024-07-19T06:00Z'));
    const pc = lastHeard('2024-07-19T05:20Z', blind).silentUntil('2024-07-19T06:09Z');
    expect(pc.exposure).toBe('UNKNOWN');
    expect(dates(pc.silentUntil('2024-07-19T07:00Z'))).toEqual(['2024-07-19T06:10:00.000Z']);
  });
});

describe('a suspicion', () => {
  it('stays when the machine returns in a new session without crash evidence', () => {
    const pc = lastHeard('2024-07-19T04:05Z')
      .silentUntil('2024-07-19T07:00Z')
      .boots('2024-07-19T08:30Z')
      .reports('2024-07-19T08:35Z');
    expect([pc.exposure, pc.state]).toEqual(['SUSPECTED', 'STABILISING']);
  });

  it('is concluded at the return in a new session even if nobody looked for silence before', () => {
    const pc = lastHeard('2024-07-19T04:05Z').boots('2024-07-19T08:30Z').reports('2024-07-19T08:35Z');
    expect([pc.exposure, pc.state, dates(pc)]).toEqual([
      'SUSPECTED',
      'STABILISING',
      ['2024-07-19T08:35:00.000Z'],
    ]);
  });

  it('becomes EXPOSED when the machine returns in the same session', () => {
    const pc = lastHeard('2024-07-19T04:05Z').silentUntil('2024-07-19T09:00Z').reports('2024-07-19T09:05Z');
    expect([pc.exposure, pc.state, pc.path]).toEqual(['EXPOSED', 'NOT_AFFECTED', ['DOWN', 'NOT_AFFECTED']]);
  });

  it('is not a machine that was back within three intervals, in whatever session', () => {
    const back = (returned: string): string =>
      lastHeard('2024-07-19T05:20Z').boots('2024-07-19T05:28Z').reports(returned).exposure;
    expect([back('2024-07-19T05:34:59.999Z'), back('2024-07-19T05:35:00.001Z')]).toEqual([
      'EXPOSED',
      'SUSPECTED',
    ]);
  });

  it('sharpens to CRASHED when the return tells of a crash', () => {
    const pc = lastHeard('2024-07-19T04:05Z').silentUntil('2024-07-19T07:00Z').boots('2024-07-19T08:30Z');
    expect(pc.reports('2024-07-19T08:35Z', aHeartbeat().crash('2024-07-19T04:31Z')).exposure).toBe('CRASHED');
  });

  it('is for its deadline to say: a report that was delayed past it concludes no silence and no other date', () => {
    const prompt = lastHeard('2024-07-19T04:05Z');
    const late = aMachine()
      .boots('2024-07-19T00:00Z')
      .reports('2024-07-19T04:05Z', aHeartbeat(), '2024-07-19T06:00Z');
    expect([late.exposure, late.transitions]).toEqual(['UNKNOWN', []]);
    expect(dates(late.silentUntil('2024-07-19T06:00Z'))).toEqual(
      dates(prompt.silentUntil('2024-07-19T06:00Z')),
    );
  });

  it('is concluded as well of a machine in repair: its silence is no smaller', () => {
    const pc = aMachine()
      .boots('2024-07-19T04:50Z', 'WINRE')
      .reports('2024-07-19T05:00Z')
      .silentUntil('2024-07-19T09:00Z');
    expect(pc.transitions.map(({ toExposure, toState }) => [toExposure, toState])).toEqual([
      ['UNKNOWN', 'IN_REPAIR'],
      ['SUSPECTED', 'IN_REPAIR'],
      ['SUSPECTED', 'DOWN'],
    ]);
  });
});
