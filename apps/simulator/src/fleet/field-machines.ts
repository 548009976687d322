import { PLAIN_DIALECT } from './dialect';
import type { FieldVariant } from './field-kinds';
import { withAgentRestarts } from './field-lives';
import { factsInScope } from './first-facts';
import { LifeWriter } from './life-writer';
import type { BootSession, Life, Machine, Role } from './machine';
import { firstFacts, hardware, OS_BUILDS, storyLife, type MachineSeed } from './make-machines';
import { ROLES } from './mix';
import { staysOn, type Place } from './uneventful-lives';
import { FRIDAY, type Week } from './week';

/** A machine that nobody knows before its repair is mended so quickly that it is heard for long enough. */
const PACE_OF_LATE_ENROLMENT = 6;

/** One computer that is left on, with a kind of input from the field over its story; two enrolments for a ghosted one. */
export function makeFieldMachines(seed: MachineSeed, variant: FieldVariant): readonly Machine[] {
  const { random, week } = seed;
  const role = random.weighted<Role>(ROLES);
  const pace = variant.enrolsAfterRepair === true ? PACE_OF_LATE_ENROLMENT : seed.pace;
  const place: Place = { hours: seed.hours, role, alwaysOn: true, pace };
  const life = writeFieldLife(seed, variant, place);
  const sessions =
    variant.agentRestarts === true ? withAgentRestarts(life.sessions, random, week) : life.sessions;
  const enrolAtMs =
    variant.enrolsAfterRepair === true ? (life.milestones.repairedAtMs ?? week.startMs) : week.startMs;
  const own = sessions.filter(({ startMs }) => enrolAtMs === week.startMs || startMs >= enrolAtMs);
  const second = variant.second?.(life, random, week);
  const machine: Machine = {
    ...hardware(seed, role),
    ...(variant.ghost === undefined ? {} : namedHardware(seed)),
    installationId: random.uuid(),
    practice: seed.practice,
    osBuild: random.pick(OS_BUILDS),
    role,
    alwaysOn: true,
    truth: variant.truth,
    story: variant.story,
    successor: false,
    ghost: false,
    dialect: { ...PLAIN_DIALECT, ...variant.dialect },
    clockSkewMs: Math.round(random.between(-3, 3) * 1_000),
    enrolAtMs,
    milestones: life.milestones,
    tracks: second === undefined ? [own] : [own, second],
    held: null,
  };
  return variant.ghost === undefined ? [machine] : [machine, ghostOf(machine, variant.ghost, seed)];
}

function writeFieldLife(seed: MachineSeed, variant: FieldVariant, place: Place): Life {
  const { random, week } = seed;
  const facts = { ...firstFacts(random, week, variant.story), ...variant.facts };
  const life = new LifeWriter(random, week, facts);
  const write = variant.life ?? storyLife(variant.story);
  write(life, place);
  return life.finish();
}

/** Only names that identify something can be taken by a ghost. */
function namedHardware({ random }: MachineSeed): Pick<Machine, 'serialNumber' | 'smbiosUuid'> {
  return { serialNumber: `5CG${random.hex(7).toUpperCase()}`, smbiosUuid: random.uuid() };
}

/** Who enrols on Friday with the names of a machine's hardware: they are printed on its case. */
function ghostOf(victim: Machine, kind: 'FINE' | 'SILENT', seed: MachineSeed): Machine {
  const { random, week } = seed;
  const enrolAtMs = Math.round(week.at(FRIDAY, random.between(9, 15)) / 1_000) * 1_000;
  return {
    ...victim,
    installationId: random.uuid(),
    hostname: `${victim.hostname}G`,
    successor: true,
    ghost: true,
    enrolAtMs,
    milestones: { crashedAtMs: null, repairedAtMs: null, relapsedAtMs: null },
    tracks: [kind === 'FINE' ? ghostSessions(random, week, enrolAtMs) : []],
  };
}

function ghostSessions(random: MachineSeed['random'], week: Week, fromMs: number): readonly BootSession[] {
  const life = new LifeWriter(random, week, factsInScope(random, week));
  life.boot(fromMs);
  staysOn(life);
  return life.finish().sessions;
}
