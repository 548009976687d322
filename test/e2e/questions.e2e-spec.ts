import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Kind, parse } from 'graphql';
import type { Machine } from '../../apps/simulator/src/fleet';
import type { GroundTruth } from '../../apps/simulator/src/fleet/ground-truth';
import { assetListOf, locationOf, NEVER_ENROLLED, unlisted } from '../support/asset-list';
import { ADMIN_TOKEN, type Application } from '../support/application';
import {
  CUT_OFF,
  fellSilentAroundTheWindow,
  HOPELESS,
  isSilentAtNine,
  liveUntilMonday,
  NINE_MS,
  truthOf,
  wasUpSince,
  type MondayMorning,
} from '../support/monday-morning';
import { makeToken } from '../support/people';
import { GREATER_MANCHESTER } from '../support/practices';

/**
 * What an IT team asks on Monday 22 July 2024 at nine: each question is one operation of docs/questions, put by the desk of an ICB, and
 * its answer is held against what happened in the simulation.
 */
const FOLDER = join(__dirname, '../../docs/questions');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('.graphql'));
/** A weekend takes some seconds, and several times that on a busy machine. */
const WEEKEND_TIMEOUT_MS = 120_000;
const asked = new Set<string>();

let monday: MondayMorning;
let desk: string;

beforeAll(async () => {
  monday = await liveUntilMonday(takeAssetList);
  const organisations = [GREATER_MANCHESTER];
  desk = (await makeToken(monday.app.client, { role: 'IT', organisations, name: 'the desk' })).token;
}, WEEKEND_TIMEOUT_MS);
afterAll(() => monday.close());

async function takeAssetList({ client }: Application, machines: readonly Machine[]): Promise<void> {
  const headers = { 'content-type': 'text/csv' };
  const request = { method: 'POST', bearer: ADMIN_TOKEN, headers, body: assetListOf(machines) } as const;
  const { body, text } = await client.request<{ outcome: string }>(
    '/v1/register/imports?apply=true',
    request,
  );
  if (body.outcome !== 'APPLIED') throw new Error(text);
}

/** The answer to the operation of a file, as the desk gets it. */
async function ask<Data>(file: string, variables: object): Promise<Data> {
  asked.add(file);
  const query = readFileSync(join(FOLDER, file), 'utf8');
  const { body, text } = await monday.app.client.ask<Data>(query, variables, desk);
  if (body.data == null || body.errors !== undefined) throw new Error(text);
  return body.data;
}

type Page<Node> = { readonly totalCount: number; readonly edges: readonly { readonly node: Node }[] };
type Host = { readonly id: string; readonly hostname: string };

/** The host names of a page that holds everything, sorted; without those that stand for two computers. */
function hostsOf({ totalCount, edges }: Page<Host>): readonly string[] {
  expect(edges).toHaveLength(totalCount);
  const both = new Set(reallyHosts(isBoth));
  return edges
    .map(({ node }) => node.hostname)
    .filter((host) => !both.has(host))
    .sort();
}

/** Host names of the machines that something is true of, sorted. */
function reallyHosts(isSo: (machine: Machine) => boolean): readonly string[] {
  return monday.machines
    .filter(isSo)
    .map(({ hostname }) => hostname)
    .sort();
}

const isOneOf =
  (...truths: readonly GroundTruth[]) =>
  (machine: Machine): boolean =>
    truths.includes(truthOf(machine));

const isBroken = isOneOf('CRASHED_NOT_FIXED', 'RELAPSED');
/** Up again with the faulty file, before it has crashed of it a second time. */
const isRelapsing = (machine: Machine): boolean =>
  truthOf(machine) === 'RELAPSED' && (machine.milestones.relapsedAtMs ?? Infinity) >= NINE_MS;

/** Never crashed; whether anybody could know that is another matter. */
const isHarmless = isOneOf(
  ...(['OUT_OF_SCOPE', 'NEVER_EXPOSED', 'ASLEEP', 'EXPOSED_NO_CRASH', 'NOT_SEEN_SINCE'] as const),
  ...(['SILENT_OTHER', 'STILL_SPOOLED', 'REIMAGE_SUCCESSOR'] as const),
);
/** Nobody can work at them: replaced, broken, or not known to be there. */
const isOfNoUse = (machine: Machine): boolean =>
  isBroken(machine) || isOneOf('REIMAGED', 'NOT_SEEN_SINCE', 'STILL_SPOOLED', 'SILENT_OTHER')(machine);

/** Practices where something is broken and nobody can work at anything, sorted. */
function strandedPractices(): readonly string[] {
  const practices = new Set(monday.machines.filter(isBroken).map(({ practice }) => practice));
  for (const machine of monday.machines) if (!isOfNoUse(machine)) practices.delete(machine.practice);
  return [...practices].sort();
}

/** Two computers under one identity, of which one crashed: whatever is said of it is true of one of them. */
const isBoth = (machine: Machine): boolean =>
  truthOf(machine) === 'CLONED' && machine.story === 'CRASHED_SAFE_MODE_FIXED';

/** Not to be told from a crash: it went to sleep around the window and did not wake up. */
const isSuspicious = (machine: Machine): boolean => isHarmless(machine) && fellSilentAroundTheWindow(machine);

const WITHIN = { within: [GREATER_MANCHESTER] };

it('1: which machines are still down, most important first', async () => {
  type Down = Host & {
    readonly practice: { readonly odsCode: string };
    readonly state: string;
    readonly care: { readonly role: string };
    readonly priority: { readonly score: number; readonly parts: readonly { readonly factor: string }[] };
    readonly nextAction: { readonly action: string };
  };
  const data = await ask<{ unrecoveredMachines: Page<Down> }>('01-still-down.graphql', WITHIN);
  const page = data.unrecoveredMachines;
  expect(hostsOf(page)).toEqual(reallyHosts((machine) => isBroken(machine) || isSuspicious(machine)));
  const nodes = page.edges.map(({ node }) => node);
  const stranded = strandedPractices();
  const hopeless = nodes.filter(({ practice }) => stranded.includes(practice.odsCode));
  expect(nodes.slice(0, hopeless.length)).toEqual(hopeless);
  const scores = nodes.map(({ priority }) => priority.score);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  const roles = nodes
    .slice(hopeless.length)
    .filter(({ state }) => state === 'DOWN' || state === 'CRASH_LOOPING')
    .map(({ care }) => ROLES.indexOf(care.role));
  expect(roles).toEqual([...roles].sort((a, b) => a - b));
  for (const { priority, nextAction } of nodes) {
    expect(priority.parts.map(({ factor }) => factor)).toContain('PRACTICE_OPEN');
    expect(nextAction.action).not.toBe('NONE');
  }
});

const ROLES = ['RECEPTION', 'CONSULTING_ROOM', 'DISPENSARY', 'SERVER', 'OTHER'];

it('2: which practices have no working machine', async () => {
  type Stranded = {
    readonly practice: { readonly odsCode: string };
    readonly machines: number;
    readonly unrecovered: number;
    readonly isOpen: boolean;
  };
  const data = await ask<{ strandedPractices: Page<Stranded> }>('02-no-working-machine.graphql', WITHIN);
  const nodes = data.strandedPractices.edges.map(({ node }) => node);
  expect(nodes.map(({ practice }) => practice.odsCode).sort()).toEqual(strandedPractices());
  expect(strandedPractices()).toContain(HOPELESS);
  for (const { practice, machines, unrecovered, isOpen } of nodes) {
    const here = monday.machines.filter((machine) => machine.practice === practice.odsCode);
    const broken = here.filter(isBroken);
    expect([practice.odsCode, machines, unrecovered, isOpen]).toEqual([
      ...[practice.odsCode, here.length, broken.length, true],
    ]);
  }
});

it('3: which are only silent over the weekend, and which are known to have crashed', async () => {
  type Silence = Record<'onlySilent' | 'knownCrashed' | 'suspected', Page<Host>>;
  const data = await ask<Silence>('03-silent-or-crashed.graphql', WITHIN);
  const silent = reallyHosts(
    (machine) =>
      machine.practice !== CUT_OFF &&
      isHarmless(machine) &&
      isSilentAtNine(machine) &&
      !isSuspicious(machine),
  );
  expect(hostsOf(data.onlySilent)).toEqual([...silent, ...NEVER_ENROLLED].sort());
  const broken = reallyHosts(isBroken);
  const suspected = hostsOf(data.suspected);
  expect(hostsOf(data.knownCrashed)).toEqual(broken.filter((host) => !suspected.includes(host)));
  expect(suspected.filter((host) => !broken.includes(host))).toEqual(reallyHosts(isSuspicious));
});

it('4: which have come up since eight, and which of those fell over again', async () => {
  const since = '2024-07-22T07:00:00Z';
  const sinceMs = Date.parse(since);
  type CameUp = Record<'proving' | 'recovered' | 'fellOver', Page<Host>>;
  const data = await ask<CameUp>('04-came-up.graphql', { ...WITHIN, since });
  const wasBroken = (machine: Machine): boolean => truthOf(machine, sinceMs) === 'CRASHED_NOT_FIXED';
  const isUp = isOneOf('REPAIRED_UNPROVEN');
  expect(hostsOf(data.proving)).toEqual(reallyHosts((machine) => wasBroken(machine) && isUp(machine)));
  expect(hostsOf(data.recovered)).toEqual(
    reallyHosts((machine) => isProven(truthOf(machine)) && !isProven(truthOf(machine, sinceMs))),
  );
  expect(hostsOf(data.fellOver)).toEqual(
    reallyHosts((machine) => isBroken(machine) && wasUpSince(machine, sinceMs)),
  );
  for (const { totalCount } of [data.proving, data.fellOver]) expect(totalCount).toBeGreaterThan(0);
});

const isProven = (truth: GroundTruth): boolean =>
  ['CRASHED_REBOOT_FIXED', 'CRASHED_SAFE_MODE_FIXED', 'AT_RISK', 'LATENT_CLEARED'].includes(truth);

it('5: what is known of host X', async () => {
  const machine = monday.machines.find((one) => one.practice !== HOPELESS && isBroken(one)) as Machine;
  const { hostname, practice, serialNumber } = machine;
  type Known = Host & Readonly<Record<string, unknown>>;
  const look = async (): Promise<Known | undefined> =>
    (await ask<{ machines: Page<Known> }>('05-one-host.graphql', { hostname })).machines.edges[0]?.node;
  const before = await look();
  const attempt = {
    route: 'SAFE_MODE_DELETE_FILE',
    outcome: 'BLOCKED',
    blocker: 'BITLOCKER_KEY_MISSING',
    minutes: 12,
  };
  const input = { machineId: before?.id, action: { attempt }, idempotencyKey: 'host-x-monday' };
  const mutation = `mutation ($input: CareForMachineInput!) { careForMachine(input: $input) { userErrors { code } } }`;
  const { body } = await monday.app.client.ask(mutation, { input }, desk);
  expect(body.data).toEqual({ careForMachine: { userErrors: [] } });
  expect(await look()).toMatchObject({
    ...{ hostname, serialNumber, practice: { odsCode: practice } },
    care: {
      location: locationOf(machine),
      bitlockerKeyId: `KEY-${hostname}`,
      bitlockerKeyEscrowed: true,
      lastAttempt: {
        actor: 'the desk',
        at: '2024-07-22T08:00:00.000Z',
        details: expect.stringContaining('BLOCKED') as string,
      },
    },
  });
});

it('6: which look fixed, and are unprotected or would not start', async () => {
  type Facts = { readonly facts: { sensorRunning: boolean; bitlocker: string; safeBootFlag: boolean } };
  const data = await ask<{ machines: Page<Host & Facts> }>('06-looks-fixed.graphql', WITHIN);
  expect(hostsOf(data.machines)).toEqual(reallyHosts(isOneOf('AT_RISK')));
  for (const { node } of data.machines.edges) {
    const { sensorRunning, bitlocker, safeBootFlag } = node.facts;
    expect([!sensorRunning, bitlocker === 'SUSPENDED', safeBootFlag]).toContain(true);
  }
});

it('7: which sites went quiet all at once', async () => {
  type Site = { readonly practice: { readonly odsCode: string }; readonly machines: number };
  const data = await ask<{ silentSites: Omit<Page<Site>, 'totalCount'> }>('07-silent-sites.graphql', {
    within: GREATER_MANCHESTER,
  });
  const machines = reallyHosts(({ practice }) => practice === CUT_OFF).length;
  expect(data.silentSites.edges.map(({ node }) => node)).toMatchObject([
    {
      practice: { odsCode: CUT_OFF },
      machines,
      silentSince: expect.stringMatching(/^2024-07-19T12:5/) as string,
    },
  ]);
});

it('8: how many hours are left, and where to send the next three people', async () => {
  type Minutes = { readonly low: number; readonly high: number };
  type Task = { readonly action: string; readonly machines: number; readonly minutes: Minutes };
  type Site = { readonly practice: { readonly odsCode: string }; readonly tasks: readonly Task[] };
  type Work = Page<Site> & Record<'totalMinutes' | 'totalTravel', Minutes>;
  const next = (await ask<{ workList: Work }>('08-hours-left.graphql', WITHIN)).workList;
  expect(next.edges).toHaveLength(3);
  const stranded = strandedPractices();
  const sent = next.edges.slice(0, stranded.length).map(({ node }) => node.practice.odsCode);
  expect([...sent].sort()).toEqual(stranded);
  const all = (await ask<{ workList: Work }>('08-hours-left.graphql', { ...WITHIN, first: 100 })).workList;
  const tasks = all.edges.flatMap(({ node }) => node.tasks);
  const machinesTo = (...actions: readonly string[]): number =>
    tasks.reduce((sum, { action, machines }) => sum + (actions.includes(action) ? machines : 0), 0);
  const byHand = machinesTo('REBOOT_WIRED', 'SAFE_MODE_DELETE_FILE', 'BITLOCKER_KEY_NEEDED');
  const isDown = (machine: Machine): boolean => isBroken(machine) && !isRelapsing(machine);
  expect(byHand).toBe(reallyHosts((machine) => isDown(machine) || isSuspicious(machine)).length);
  const holdsFile = (machine: Machine): boolean => truthOf(machine) === 'LATENT_HELD' || isRelapsing(machine);
  expect(machinesTo('DO_NOT_REBOOT')).toBe(reallyHosts(holdsFile).length);
  // Of those that nothing happened to, nobody has to be sent anywhere.
  expect(machinesTo('SETTLE_IDENTITY')).toBe(reallyHosts(isBoth).length);
  const sum = (bound: keyof Minutes): number =>
    tasks.reduce((minutes, task) => minutes + task.minutes[bound], 0);
  expect(all.totalMinutes).toEqual({ low: sum('low'), high: sum('high') });
  // 5 to 20 minutes a machine, as those who have done it say; servers take longer.
  expect(sum('low')).toBeGreaterThanOrEqual(5 * byHand);
  expect(all.totalTravel.high).toBeGreaterThan(all.totalTravel.low);
});

it('9: which records are duplicates, clones or re-images, and where register and machines disagree', async () => {
  type Found = {
    readonly hostname: string;
    readonly shared: string | null;
    readonly otherIds: readonly string[];
  };
  type Findings = Record<
    'twice' | 'shared' | 'reImaged' | 'neverEnrolled' | 'notInRegister',
    Omit<Page<Found>, 'totalCount'>
  >;
  type Summary = { readonly registerSummary: { findings: readonly { finding: string; machines: number }[] } };
  const data = await ask<Findings & Summary>('09-doubtful-records.graphql', { within: GREATER_MANCHESTER });
  const hosts = (finding: keyof Findings): readonly string[] =>
    data[finding].edges.map(({ node }) => node.hostname).sort();
  expect(hosts('twice')).toEqual(reallyHosts(isOneOf('CLONED')));
  expect(new Set(data.twice.edges.map(({ node }) => node.shared))).toEqual(new Set(['HEARD_TWICE']));
  expect(hosts('shared')).toEqual([]);
  expect(hosts('reImaged')).toEqual(reallyHosts(isOneOf('REIMAGE_SUCCESSOR')));
  for (const { node } of data.reImaged.edges) expect(node.otherIds).toHaveLength(1);
  expect(hosts('neverEnrolled')).toEqual(NEVER_ENROLLED);
  expect(hosts('notInRegister')).toEqual(
    unlisted(monday.machines)
      .map(({ hostname }) => hostname)
      .sort(),
  );
  expect(data.registerSummary.findings.map(({ finding, machines }) => [finding, machines])).toEqual([
    ['NEVER_ENROLLED', hosts('neverEnrolled').length],
    ['NOT_IN_REGISTER', hosts('notInRegister').length],
    ['RE_IMAGED', hosts('reImaged').length],
    ['REPLACEMENT_OPEN', 0],
    ['IDENTITY_TWICE', hosts('twice').length],
    ['IDENTITY_SHARED', hosts('shared').length],
  ]);
});

it('10: which hold the faulty file and have not crashed yet', async () => {
  type Held = Host & { readonly nextAction: { readonly action: string } };
  const data = await ask<{ machines: Page<Held> }>('10-do-not-reboot.graphql', WITHIN);
  expect(hostsOf(data.machines)).toEqual(reallyHosts(isOneOf('LATENT_HELD')));
  for (const { node } of data.machines.edges) expect(node.nextAction.action).toBe('DO_NOT_REBOOT');
});

it('every file is one operation that says what it answers, stands in the list of questions and has been asked here', () => {
  const list = readFileSync(join(FOLDER, 'README.md'), 'utf8');
  for (const file of FILES) {
    const text = readFileSync(join(FOLDER, file), 'utf8');
    const operations = parse(text).definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
    expect([file, operations.length, /^# (Which|What|How) /.test(text)]).toEqual([file, 1, true]);
    expect(list).toContain(`](${file})`);
  }
  expect([...asked].sort()).toEqual(FILES);
});
