import type { ExportedMachine } from '@app/progress';
import { htmlSentence, htmlText } from './html-text';
import { WORK_LIST_END, WORK_LIST_HEAD } from './work-list-page';

/** The sentence that describes a value of one of the schema's enums. */
export type SentenceFor = (enumName: string, value: string) => string;

const MOMENT = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** The columns of a sheet: a word for the style, and what stands above. */
const COLUMNS = [
  ['box', '✓'],
  ['machine', 'Machine, and where'],
  ['state', 'State'],
  ['todo', 'What to do, and what still fails'],
  ['notes', 'Notes'],
] as const;

/**
 * Batches of machines as a page to print: what an engineer takes along, a sheet for each practice, most urgent machines first. Holds
 * the machines of one practice at a time; they come by practice.
 */
export async function* writeWorkList(
  batches: AsyncIterable<readonly ExportedMachine[]>,
  asOfMs: number,
  sentenceFor: SentenceFor,
): AsyncGenerator<string, void, undefined> {
  let machinesWritten = 0;
  let practices = 0;
  let gathered: ExportedMachine[] = [];
  yield WORK_LIST_HEAD;
  for await (const machines of batches) {
    for (const machine of machines) {
      if (gathered[0] !== undefined && gathered[0].place.practice.code !== machine.place.practice.code) {
        yield sheet(gathered, asOfMs, sentenceFor);
        practices += 1;
        gathered = [];
      }
      gathered.push(machine);
      machinesWritten += 1;
    }
  }
  if (gathered.length > 0) {
    yield sheet(gathered, asOfMs, sentenceFor);
    practices += 1;
  }
  const what = `${counted(machinesWritten, 'machine')} at ${counted(practices, 'practice')}`;
  yield `<p>End of the work list: ${what} not recovered, as of ${at(asOfMs)}.</p>\n${WORK_LIST_END}`;
}

function sheet(machines: readonly ExportedMachine[], asOfMs: number, sentenceFor: SentenceFor): string {
  const [
    {
      place: { practice, icb },
    },
  ] = machines as readonly [ExportedMachine];
  const where = [practice.code, icb?.name].filter((part) => part != null).map(htmlText);
  const { address = null, postcode = null, telephone = null } = practice.contact ?? {};
  const reached = [
    ...[address, postcode].filter((part) => part !== null).map(htmlText),
    ...labelled('Telephone', telephone),
  ];
  const name = practice.name === null ? [] : [practice.name];
  const isHopeless = machines.some(({ view }) =>
    view.priority.parts.some(({ factor }) => factor === 'NO_WORKING_MACHINE_AT_PRACTICE'),
  );
  return `<section>
<h1>${htmlText(practice.name ?? practice.code)}</h1>
<p>${where.join(' · ')} · ${counted(machines.length, 'machine')} not recovered · as of ${at(asOfMs)}</p>
${reached.length > 0 ? `<p>${reached.join(' · ')}</p>` : ''}
${isHopeless ? '<p><strong class="now">No machine of this practice works.</strong></p>' : ''}
<table><colgroup>${COLUMNS.map(([kind]) => `<col class="${kind}">`).join('')}</colgroup>
<thead><tr><th class="of" colspan="${COLUMNS.length}">${[practice.code, ...name].map(htmlText).join(' · ')}</th></tr>
<tr>${COLUMNS.map(([, title]) => `<th>${title}</th>`).join('')}</tr></thead>
<tbody>
${[...machines]
  .sort(byUrgency)
  .map((machine) => row(machine, sentenceFor))
  .join('\n')}
</tbody></table></section>
`;
}

function byUrgency(a: ExportedMachine, b: ExportedMachine): number {
  return b.view.priority.score - a.view.priority.score || (a.view.hostname < b.view.hostname ? -1 : 1);
}

function row({ view, known }: ExportedMachine, sentenceFor: SentenceFor): string {
  const { nextStep, failingTests, facts } = view;
  const names = [
    `<strong>${htmlText(view.hostname)}</strong>`,
    ...labelled('Serial', view.serialNumber),
    ...labelled('Asset', known.assetTag),
    ...labelled('With', known.claim?.assignee ?? null),
    ...(view.role === null ? [] : [plain(view.role)]),
    ...(known.location === null ? [] : [htmlText(known.location)]),
  ];
  const heard = view.lastHeardAtMs === null ? 'never heard' : `last heard ${at(view.lastHeardAtMs)}`;
  const tests = failingTests.map(
    (test) => `<li>Not yet: ${htmlText(sentenceFor('RecoveryTest', test))}</li>`,
  );
  const drive = [
    ...labelled('BitLocker', facts.bitlocker === null ? null : plain(facts.bitlocker)),
    ...labelled('Key', known.bitlockerKeyId),
    ...(known.bitlockerKeyEscrowed === false ? ['Key not in escrow'] : []),
  ];
  const todo = [
    `<p><strong>${htmlSentence(sentenceFor('NextAction', nextStep.action))}</strong></p>`,
    `<p>${htmlText(sentenceFor('ActionReason', nextStep.reason))}</p>`,
    ...(tests.length > 0 ? [`<ul>${tests.join('')}</ul>`] : []),
    ...(drive.length > 0 ? [`<p>${drive.join(' · ')}</p>`] : []),
  ];
  return `<tr><td class="box">☐</td><td>${names.join('<br>')}</td>
<td>${plain(view.state)}<br>since ${at(view.sinceMs)}<br>${heard}</td>
<td>${todo.join('\n')}</td><td class="notes"></td></tr>`;
}

function labelled(label: string, text: string | null): readonly string[] {
  return text === null ? [] : [`${label} ${htmlText(text)}`];
}

/** One of our own words as people read it. */
function plain(word: string): string {
  return word.toLowerCase().replaceAll('_', ' ');
}

function counted(count: number, thing: string): string {
  return `${count} ${thing}${count === 1 ? '' : 's'}`;
}

/** As clocks at practices show it. */
function at(ms: number): string {
  return MOMENT.format(ms);
}
