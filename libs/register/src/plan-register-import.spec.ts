import { toTheEnd } from '@app/recovery';
import type { KnownAsset, RegisterEntry } from '@app/storage';
import type { PlacedRow } from './place-rows';
import {
  factsToWrite,
  planRegisterImport,
  type ImportMode,
  type KnownAtPractices,
  type PlannedEntry,
} from './plan-register-import';

const NOTHING = { serialNumber: null, assetTag: null, smbiosUuid: null, hostname: null };
const NO_FACTS = { role: null, location: null, bitlockerKeyId: null, bitlockerKeyEscrowed: null };

const row = (fields: Partial<PlacedRow>): PlacedRow => ({
  ...{ ...NOTHING, ...NO_FACTS, line: 2, practice: null, practiceId: 'P99001' },
  ...fields,
});
const entry = (id: string, fields: Partial<RegisterEntry>): RegisterEntry => ({
  ...{
    ...NOTHING,
    ...NO_FACTS,
    practiceId: 'P99001',
    entryId: `entry-${id}`,
    machineId: `machine-${id}`,
    removed: false,
  },
  ...fields,
});
const machine = (id: string, fields: Partial<KnownAsset> = {}): KnownAsset => ({
  ...{
    ...NOTHING,
    key: { practiceId: 'P99001', machineId: `machine-${id}` },
    enrolled: true,
    state: 'NOT_AFFECTED',
  },
  facts: { ...NO_FACTS, assetTag: null },
  ...fields,
});
const planned = (rows: readonly PlacedRow[], known: KnownAtPractices, mode: ImportMode) =>
  toTheEnd(planRegisterImport(rows, known, mode, () => new Set()));
const told = (entries: readonly PlannedEntry[]): readonly unknown[] =>
  entries.map(({ change, line, machine: stands, changed }) => [
    change,
    line,
    stands?.key.machineId ?? null,
    [...changed],
  ]);

describe('a list against the register', () => {
  const known = {
    entries: [
      entry('1', { serialNumber: 'S1', hostname: 'PC-1' }),
      entry('2', { hostname: 'PC-2', role: 'RECEPTION' }),
      entry('3', { serialNumber: 'S3', removed: true }),
      entry('4', { serialNumber: 'S4' }),
    ],
    machines: [
      machine('1', { serialNumber: 'S1' }),
      machine('2', { enrolled: false, state: 'UNVERIFIED', hostname: 'PC-2' }),
      machine('3', { enrolled: false, state: 'RETIRED', serialNumber: 'S3' }),
      machine('4', { serialNumber: 'S4' }),
      machine('5', { serialNumber: 'S5', hostname: 'PC-5' }),
      machine('6', { serialNumber: 'S6', state: 'REPLACED' }),
    ],
  };
  const rows = [
    row({ line: 2, serialNumber: 's1', hostname: 'PC-1' }),
    row({ line: 3, hostname: 'PC-2', role: 'DISPENSARY', location: 'Hall' }),
    row({ line: 4, serialNumber: 'S3' }),
    row({ line: 5, serialNumber: 'S5', role: 'SERVER' }),
    row({ line: 6, serialNumber: 'S6' }),
  ];

  it('says what is new, changed, back, and what is new is the machine that is there, or one to be expected', () => {
    const plan = planned(rows, known, 'MERGE');
    expect(told(plan.entries)).toEqual([
      ['CHANGED', 2, 'machine-1', ['serialNumber']],
      ['CHANGED', 3, 'machine-2', ['role', 'location']],
      ['RESTORED', 4, 'machine-3', []],
      ['ADDED', 5, 'machine-5', ['serialNumber', 'role']],
      ['ADDED', 6, null, ['serialNumber']],
    ]);
    expect(plan.unchanged).toBe(0);
  });

  it('that is all there is drops what it does not have, at the practices that it names and nowhere else', () => {
    const elsewhere = entry('9', { practiceId: 'P99002', hostname: 'PC-9' });
    const plan = planned(rows, { ...known, entries: [...known.entries, elsewhere] }, 'REPLACE');
    expect(told(plan.entries.filter(({ change }) => change === 'REMOVED'))).toEqual([
      ['REMOVED', null, 'machine-4', []],
    ]);
  });

  it('that comes again changes nothing', () => {
    const entries = [entry('1', { serialNumber: 'S1', hostname: 'PC-1', role: 'SERVER' })];
    const again = [row({ serialNumber: 'S1', hostname: 'PC-1', role: 'SERVER' })];
    expect(planned(again, { entries, machines: known.machines }, 'REPLACE')).toEqual({
      entries: [],
      unchanged: 1,
    });
    const silent = [row({ serialNumber: 'S1' })];
    expect(planned(silent, { entries, machines: known.machines }, 'REPLACE').unchanged).toBe(1);
  });
});

describe('what an entry says of its machine', () => {
  const entryOf = (change: 'ADDED' | 'CHANGED', fields: Partial<PlannedEntry>): PlannedEntry => ({
    ...{ change, practiceId: 'P99001', line: 2, before: null, changed: ['role', 'location', 'hostname'] },
    after: { ...NOTHING, ...NO_FACTS, role: 'SERVER', location: 'Hall', hostname: 'NEW' },
    machine: machine('1'),
    ...fields,
  });
  const described = machine('1', { facts: { ...NO_FACTS, assetTag: null, role: 'RECEPTION' } });

  it('fills in what nobody has said when it is new, and says what it changed when it changes', () => {
    expect(factsToWrite(entryOf('ADDED', { machine: described }))).toEqual({ location: 'Hall' });
    expect(factsToWrite(entryOf('CHANGED', { machine: described }))).toEqual({
      role: 'SERVER',
      location: 'Hall',
    });
  });

  it('names a machine only as long as it has not enrolled under its own name', () => {
    const expected = machine('1', { enrolled: false, state: 'UNVERIFIED' });
    expect(factsToWrite(entryOf('CHANGED', { machine: expected }))).toMatchObject({ hostname: 'NEW' });
    expect(factsToWrite(entryOf('CHANGED', {}))).not.toHaveProperty('hostname');
    expect(factsToWrite(entryOf('ADDED', { machine: null }))).toEqual({});
  });
});
