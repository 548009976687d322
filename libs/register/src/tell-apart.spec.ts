import { sharedAmong, toTheEnd } from '@app/recovery';
import type { PlacedRow } from './place-rows';
import { tellApart } from './tell-apart';

function row(
  line: number,
  practiceId: string,
  hostname: string | null,
  serialNumber: string | null = null,
): PlacedRow {
  return {
    ...{ line, practice: practiceId, practiceId, hostname, serialNumber, assetTag: null, smbiosUuid: null },
    ...{ role: null, location: null, bitlockerKeyId: null, bitlockerKeyEscrowed: null },
  };
}
const apart = (rows: readonly PlacedRow[]) => {
  const { distinct, broken } = toTheEnd(tellApart(rows, () => sharedAmong(rows)));
  return { distinct: distinct.map(({ line }) => line), broken };
};

it('the same asset is taken once at a practice, by its strongest identity', () => {
  const rows = [
    row(2, 'P99001', 'PC-1', 'S-1'),
    row(3, 'P99001', 'PC-2', 's-1'),
    row(4, 'P99001', 'PC-1', 'S-2'),
    row(5, 'P99002', 'PC-1', 'S-1'),
    row(6, 'P99001', 'PC-9'),
    row(7, 'P99001', 'pc-9'),
  ];
  expect(apart(rows)).toEqual({
    distinct: [2, 4, 6, 5],
    broken: [
      { line: 3, problem: 'SAME_ASSET_AS_ABOVE' },
      { line: 7, problem: 'SAME_ASSET_AS_ABOVE' },
    ],
  });
});

it('what too many rows share tells none of them apart: the next identity does, or nothing', () => {
  const practices = ['P99001', 'P99001', 'P99002', 'P99003', 'P99004'];
  const named = practices.map((practice, i) => row(i + 2, practice, `PC-${i}`, 'OFFICE'));
  expect(apart(named)).toEqual({ distinct: [2, 3, 4, 5, 6], broken: [] });
  const unnamed = practices.map((practice, i) => row(i + 2, practice, null, 'OFFICE'));
  expect(apart(unnamed)).toEqual({
    distinct: [],
    broken: unnamed.map(({ line }) => ({ line, problem: 'IDENTITY_SHARED' })),
  });
});

it('host names are told apart at one practice only', () => {
  const rows = ['P99001', 'P99002', 'P99003', 'P99004', 'P99005'].map((practice, i) =>
    row(i + 2, practice, 'RECEPTION-1'),
  );
  expect(apart(rows)).toEqual({ distinct: [2, 3, 4, 5, 6], broken: [] });
});
