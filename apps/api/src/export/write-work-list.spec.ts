import type { ExportedMachine } from '@app/progress';
import fc from 'fast-check';
import { writeWorkList } from './write-work-list';

type Fields = {
  readonly view?: Partial<ExportedMachine['view']>;
  readonly place?: Partial<ExportedMachine['place']>;
  readonly known?: Partial<ExportedMachine['known']>;
};

/** A machine of which only what is printed matters here. */
function machine({ view, place, known }: Fields = {}): ExportedMachine {
  return {
    id: 'P99001.00000000-0000-4000-8000-000000000001',
    view: {
      hostname: 'PC-1',
      serialNumber: null,
      role: null,
      state: 'DOWN',
      sinceMs: Date.parse('2024-07-19T05:00:00Z'),
      lastHeardAtMs: null,
      failingTests: [],
      nextStep: { action: 'WAIT', reason: 'NOTHING_PROVEN' },
      priority: { score: 100, parts: [] },
      facts: { bitlocker: null },
      ...view,
    },
    place: {
      practice: { code: 'P99001', name: 'The Surgery', contact: null },
      icb: { code: 'QOP', name: 'Greater Manchester' },
      region: null,
      ...place,
    },
    known: {
      assetTag: null,
      location: null,
      claim: null,
      bitlockerKeyId: null,
      bitlockerKeyEscrowed: null,
      ...known,
    },
  } as ExportedMachine;
}

async function* inBatches(
  ...batches: readonly (readonly ExportedMachine[])[]
): AsyncGenerator<readonly ExportedMachine[]> {
  for (const batch of batches) yield await Promise.resolve(batch);
}

async function page(...batches: readonly (readonly ExportedMachine[])[]): Promise<string> {
  const parts: string[] = [];
  const text = writeWorkList(
    inBatches(...batches),
    Date.parse('2024-07-22T07:00:00Z'),
    (_name, value) => `${value}.`,
  );
  for await (const part of text) parts.push(part);
  return parts.join('');
}

/** What a page says between its tags, and its tags. */
const tagsOf = (html: string): string[] => html.match(/<[^>]*>/g) ?? [];

it('has a sheet for every practice, most urgent machines first, in local time', async () => {
  const other = { practice: { code: 'P99002', name: null, contact: null }, icb: null };
  const html = await page(
    [
      machine({ view: { hostname: 'B' } }),
      machine({ view: { hostname: 'A', priority: { score: 90, parts: [] } } }),
    ],
    [
      machine({ view: { hostname: 'C', role: 'CONSULTING_ROOM' } }),
      machine({ view: { hostname: 'D' }, place: other }),
    ],
  );
  expect(html.match(/<section>/g)).toHaveLength(2);
  expect(html.match(/<strong><bdi>[A-D]/g)?.map((one) => one.slice(-1))).toEqual(['B', 'C', 'A', 'D']);
  expect(html).toContain('3 machines not recovered · as of Mon 22 Jul, 08:00');
  expect(html).toContain('consulting room');
  expect(html).toMatch(/End of the work list: 4 machines at 2 practices.*<\/html>\n$/s);
});

it('tells where the practice is and its telephone number, as far as they are known', async () => {
  const at = (contact: ExportedMachine['place']['practice']['contact']) =>
    page([machine({ place: { practice: { code: 'P99001', name: null, contact } } })]);
  const address = '1 High Street, Bolton';
  const full = await at({ address, postcode: 'ZZ1 1ZZ', telephone: '01204 <script>' });
  expect(full).toContain(
    '<p><bdi>1 High Street, Bolton</bdi> · <bdi>ZZ1 1ZZ</bdi> · Telephone <bdi>01204 &lt;script&gt;</bdi></p>',
  );
  expect(await at({ address: null, postcode: 'ZZ1 1ZZ', telephone: null })).toContain(
    '<p><bdi>ZZ1 1ZZ</bdi></p>',
  );
  const nothing = await at({ address: null, postcode: null, telephone: null });
  expect(nothing).toBe(await at(null));
  expect(nothing).not.toMatch(/Telephone|<p><\/p>/);
});

it('says so where no machine of the practice works', async () => {
  const parts = [{ factor: 'NO_WORKING_MACHINE_AT_PRACTICE', points: 300 }] as const;
  expect(await page([machine()])).not.toContain('No machine of this practice works');
  expect(await page([machine({ view: { priority: { score: 400, parts } } })])).toContain(
    'No machine of this practice works',
  );
});

it('breaks no line within the name of a file that has to be deleted', async () => {
  const parts: string[] = [];
  const sentence = 'Delete C-00000291*.sys & go on in %WINDIR%\\System32\\drivers.';
  for await (const part of writeWorkList(inBatches([machine()]), 0, () => sentence)) parts.push(part);
  expect(parts.join('')).toContain(
    '<strong><bdi>Delete <span class="whole">C-00000291*.sys</span> &amp; go on in %WINDIR%\\<wbr>System32\\<wbr>drivers.</bdi></strong>',
  );
});

it('says on every page of a practice which one it is', async () => {
  const html = await page([machine()]);
  expect(html).toMatch(
    /<thead><tr><th class="of" colspan="5"><bdi>P99001<\/bdi> · <bdi>The Surgery<\/bdi><\/th><\/tr>/,
  );
});

it('without machines says that there are none', async () => {
  expect(await page([])).toContain('End of the work list: 0 machines at 0 practices');
});

it('has the same tags whatever machines, people and practices call themselves', async () => {
  const named = (text: string): ExportedMachine =>
    machine({
      view: { hostname: text, serialNumber: text },
      place: {
        practice: {
          ...{ code: 'P99001', name: text },
          contact: { address: text, postcode: text, telephone: text },
        },
        icb: { code: 'QOP', name: text },
      },
      known: { assetTag: text, location: text, bitlockerKeyId: text, claim: { assignee: text, untilMs: 0 } },
    });
  const harmless = tagsOf(await page([named('x')]));
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '<script>alert(1)</script>',
      '"><img src=x onerror=alert(1)>',
      "' onload='x",
      '</bdi></td>',
      '&lt;b&gt;',
    ),
  );
  await fc.assert(
    fc.asyncProperty(text, async (name) => {
      expect(tagsOf(await page([named(name)]))).toEqual(harmless);
    }),
  );
});
