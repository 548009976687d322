import * as fc from 'fast-check';
import { matchAssets, sharedAmong, type AssetIdentity } from './match-assets';
import { IDENTITY_HOLDERS_MAX } from './policy';

const asset = (fields: Partial<AssetIdentity> & { id?: string } = {}): AssetIdentity & { id: string } => ({
  ...{ id: '', serialNumber: null, assetTag: null, smbiosUuid: null, hostname: null },
  ...fields,
});
const UUID = '03d40274-0435-05f6-9306-1a0700080009';
const SWAPPED = '7402d403-3504-f605-9306-1a0700080009';

describe('assets of one practice', () => {
  it.each([
    [
      'serial number, in any case',
      { serialNumber: 'pf3aaaaa' },
      { serialNumber: 'PF3AAAAA', hostname: 'OTHER' },
      'serialNumber',
    ],
    ['asset tag', { assetTag: 'A-1', serialNumber: 'X' }, { assetTag: 'a-1' }, 'assetTag'],
    ['SMBIOS UUID', { smbiosUuid: UUID }, { smbiosUuid: UUID.toUpperCase() }, 'smbiosUuid'],
    ['SMBIOS UUID in the other order of bytes', { smbiosUuid: UUID }, { smbiosUuid: SWAPPED }, 'smbiosUuid'],
    [
      'host name, with its domain or without',
      { hostname: 'PC-1.gp.nhs.uk' },
      { hostname: 'pc-1' },
      'hostname',
    ],
  ] as const)('are recognised by their %s', (_what, wanted, known, by) => {
    expect(matchAssets([asset(wanted)], [asset(known)]).map((match) => match.by)).toEqual([by]);
  });

  it.each([
    [
      'a host name on other hardware',
      { hostname: 'PC-1', serialNumber: 'A' },
      { hostname: 'PC-1', serialNumber: 'B' },
    ],
    ['a board in another case', { smbiosUuid: UUID, assetTag: 'A' }, { smbiosUuid: UUID, assetTag: 'B' }],
    ['nothing in common', { hostname: 'PC-1' }, { hostname: 'PC-2' }],
    ['nothing at all', {}, {}],
  ])('are not joined by %s', (_what, wanted, known) => {
    expect(matchAssets([asset(wanted)], [asset(known)])).toEqual([]);
  });

  it('are recognised by the strongest identity first, whatever their order', () => {
    const byName = asset({ id: 'by name', hostname: 'PC-1' });
    const bySerial = asset({ id: 'by serial', hostname: 'PC-9', serialNumber: 'S1' });
    const known = asset({ id: 'known', hostname: 'PC-1', serialNumber: 'S1' });
    for (const wanted of [
      [byName, bySerial],
      [bySerial, byName],
    ])
      expect(matchAssets(wanted, [known]).map((match) => match.wanted.id)).toEqual(['by serial']);
  });

  it('are each recognised once; of several alike the first is taken', () => {
    const twins = [asset({ id: '1', serialNumber: 'S' }), asset({ id: '2', serialNumber: 'S' })];
    const matches = matchAssets(twins, [
      asset({ id: 'a', serialNumber: 'S' }),
      asset({ id: 'b', serialNumber: 'S' }),
    ]);
    expect(matches.map(({ wanted, known }) => wanted.id + known.id)).toEqual(['1a', '2b']);
  });

  it('are not recognised by what identifies nothing, however it is spelled', () => {
    const azure = { assetTag: '7783-7084-3265-9085-8269-3286-77' };
    expect(
      matchAssets([asset({ ...azure, hostname: 'PC-8' })], [asset({ ...azure, hostname: 'PC-9' })]),
    ).toEqual([]);
    const same = { serialNumber: 'Default string', smbiosUuid: '03000200-0400-0500-0006-000700080009' };
    expect(matchAssets([asset(same)], [asset(same)])).toEqual([]);
    const spelled = asset({ serialNumber: 'To be filled by O.E.M.', hostname: 'PC-1' });
    expect(matchAssets([spelled], [asset({ serialNumber: 'S-1', hostname: 'PC-1' })])).toHaveLength(1);
  });

  const many = (fields: (n: number) => Partial<AssetIdentity>): (AssetIdentity & { id: string })[] =>
    Array.from({ length: IDENTITY_HOLDERS_MAX + 1 }, (_, n) => asset({ id: `${n}`, ...fields(n) }));

  it('are not recognised by what more share than one asset can have records', () => {
    const known = many(() => ({ assetTag: 'PROPERTY OF ICB' }));
    expect(matchAssets([asset({ assetTag: 'property of icb' })], known)).toEqual([]);
    expect(matchAssets(known, [asset({ assetTag: 'property of icb' })])).toEqual([]);
    const few = known.slice(1);
    expect(matchAssets([asset({ assetTag: 'property of icb' })], few)).toHaveLength(1);
    const shared = sharedAmong(many(() => ({ serialNumber: 'PROPERTY OF ICB' })));
    expect(
      matchAssets(
        [asset({ serialNumber: 'property of icb' })],
        [asset({ serialNumber: 'PROPERTY OF ICB' })],
        shared,
      ),
    ).toEqual([]);
  });

  it('are recognised by the next identity where the stronger one is shared', () => {
    const known = many((n) => ({ serialNumber: 'OFFICE', hostname: `PC-${n}` }));
    const wanted = [...known].reverse().map((one) => ({ ...one, id: `again ${one.id}` }));
    const matches = matchAssets(wanted, known);
    expect(matches.map(({ wanted: one, known: other, by }) => [one.id, other.id, by])).toEqual(
      wanted.map(({ id }) => [id, id.replace('again ', ''), 'hostname']),
    );
  });

  it('take work that grows with their number alone, however alike they look', () => {
    const count = 25_000;
    const alike = (series: string) =>
      Array.from({ length: count }, (_, n) => asset({ hostname: 'SAME', serialNumber: `${series}${n}` }));
    const begun = process.cpuUsage().user;
    expect(matchAssets(alike('A-'), alike('B-'))).toEqual([]);
    const ms = (process.cpuUsage().user - begun) / 1_000;
    // Some 300 ms here; comparing each with each would be minutes.
    expect(ms).toBeLessThan(5_000);
  });

  it('are joined one to one, and never against a stronger identity', () => {
    const word = fc.option(fc.constantFrom('a', 'b', 'c'));
    const some = fc.array(
      fc.record({ serialNumber: word, assetTag: word, smbiosUuid: word, hostname: word }),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(some, some, (wanted, known) => {
        const matches = matchAssets(wanted, known);
        expect(new Set(matches.map((match) => match.wanted)).size).toBe(matches.length);
        expect(new Set(matches.map((match) => match.known)).size).toBe(matches.length);
        for (const match of matches) {
          expect(match.wanted[match.by]).toBe(match.known[match.by]);
          const { serialNumber } = match.wanted;
          const isShared = [wanted, known].some((side) =>
            [serialNumber, match.known.serialNumber].some(
              (value) => side.filter((one) => one.serialNumber === value).length > IDENTITY_HOLDERS_MAX,
            ),
          );
          if (serialNumber !== null && match.known.serialNumber !== null && !isShared)
            expect(match.known.serialNumber).toBe(serialNumber);
        }
        const again = matchAssets(wanted, known);
        expect(again).toEqual(matches);
      }),
      { seed: 20240719, numRuns: 500 },
    );
  });
});
