import { readHoursFile, type HoursFile } from './read-hours-file';

const HEADER = 'organisation,date,weekday,from,to,kind,reason';

const read = (...rows: readonly string[]): HoursFile => readHoursFile([HEADER, ...rows].join('\n'));

function problemsOf(file: HoursFile): readonly string[] {
  if (file.kind !== 'REFUSED') throw new Error('it was taken');
  return file.problems.map(({ line, problem }) => `${line}: ${problem}`);
}

describe('a file of opening hours and closures', () => {
  it('has entries for days, for weekdays, and what is taken back', () => {
    const file = read(
      'QOP,2024-07-25,,12:30,18:30,closed,"Training, all practices"',
      'p 82011,25/07/2024,,8.00,12:00,OPEN,Stays open',
      'P82011,2024-12-24,,,,Closed,Christmas Eve',
      'QOP,2024-08-01,,,,withdrawn,',
      'P82011,,Thursday,08:00,12:30,open,',
      'P82011,,thu,14:00,24:00,open,',
      'P82011,,Saturday,,,closed,',
      'P82021,,Sun,,,default,',
    );
    expect(file).toMatchObject({
      ...{ kind: 'HOURS', rows: 8 },
      change: {
        entered: [
          {
            organisation: 'QOP',
            day: '2024-07-25',
            kind: 'CLOSED',
            fromMinute: 750,
            untilMinute: 1110,
            reason: 'Training, all practices',
          },
          { organisation: 'P82011', day: '2024-07-25', kind: 'OPEN', fromMinute: 480, untilMinute: 720 },
          { organisation: 'P82011', day: '2024-12-24', kind: 'CLOSED', fromMinute: 0, untilMinute: 1440 },
        ],
        withdrawn: [{ organisation: 'QOP', day: '2024-08-01', span: null }],
        weekdays: [
          {
            organisation: 'P82011',
            weekday: 4,
            spans: [
              { fromMinute: 480, untilMinute: 750 },
              { fromMinute: 840, untilMinute: 1440 },
            ],
          },
          { organisation: 'P82011', weekday: 6, spans: [] },
          { organisation: 'P82021', weekday: 7, spans: null },
        ],
      },
      lines: { entered: [2, 3, 4], withdrawn: [5] },
    });
  });

  it('may have semicolons, a byte order mark, blank rows, other columns and another order of columns', () => {
    const text =
      '\uFEFFKind;Reason;Organisation;Date;Room\r\nclosed;Training;QOP;2024-07-25;1\r\n;;;;\r\n\r\n';
    expect(readHoursFile(text)).toMatchObject({
      kind: 'HOURS',
      rows: 1,
      change: { entered: [{ organisation: 'QOP' }] },
    });
  });

  it.each([
    ['no organisation', ',2024-07-25,,,,closed,Why', 'organisation: expected an ODS code such as P82011'],
    ['a name for a code', 'Greater Manchester!,2024-07-25,,,,closed,Why', 'saw "Greater Manchester!"'],
    ['neither day nor weekday', 'QOP,,,,,closed,Why', 'give a date'],
    ['both', 'QOP,2024-07-25,Thursday,,,closed,Why', 'and not both'],
    ['a day that is none', 'QOP,2024-02-30,,,,closed,Why', 'saw "2024-02-30"'],
    ['a day the American way', 'QOP,07/25/2024,,,,closed,Why', '25/07/2024'],
    ['a weekday that is none', 'QOP,,Someday,,,closed,Why', 'Monday to Sunday'],
    ['half a time', 'QOP,2024-07-25,,12:30,,closed,Why', 'to: expected a time'],
    ['a time that is none', 'QOP,2024-07-25,,12:61,18:30,closed,Why', 'from: expected a time'],
    ['an end before the beginning', 'QOP,2024-07-25,,18:30,12:30,closed,Why', 'after 18:30'],
    ['no kind', 'QOP,2024-07-25,,,,,Why', 'kind: expected closed, open or withdrawn'],
    ['open for no time', 'QOP,2024-07-25,,,,open,Why', 'say from when until when'],
    ['no reason', 'QOP,2024-07-25,,,,closed,', 'say why'],
    ['a weekday withdrawn', 'P82011,,Monday,,,withdrawn,', 'open, closed or default'],
    ['a weekday closed for a time', 'P82011,,Monday,08:00,12:00,closed,', 'leave them empty'],
  ])('is refused with %s, naming line and remedy', (_name, row, problem) => {
    const problems = problemsOf(read('QOP,2024-07-26,,,,closed,Good row', row));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^3: /);
    expect(problems[0]).toContain(problem);
  });

  it('names every broken row, and none of what is wrong is repeated unprintably or at length', () => {
    const problems = problemsOf(
      read('QOP,x,,,,closed,Why', `${'\u0007€'.repeat(200)},2024-07-25,,,,closed,Why`),
    );
    expect(problems.map((one) => one.slice(0, 2))).toEqual(['2:', '3:']);
    for (const problem of problems) expect(problem).toMatch(/^[\x20-\x7e]{1,200}$/);
  });

  it.each([
    [
      'two rows for one weekday',
      ['P82011,,Monday,,,closed,', 'P82011,,Monday,08:00,12:00,open,'],
      '3: this practice has another row',
    ],
    ['a quote that is not closed', ['QOP,2024-07-25,,,,closed,"Why'], 'quote'],
  ])('is refused with %s', (_name, rows, problem) => {
    expect(problemsOf(read(...rows)).join()).toContain(problem);
  });

  it.each([
    ['nothing', '', '1: there is nothing in this file'],
    ['a header alone', HEADER, 'no row below the header'],
    ['another header', 'code,day\nQOP,2024-07-25', 'expected a CSV file with the columns organisation, date'],
    ['a column twice', `${HEADER},date\nQOP,2024-07-25,,,,closed,Why,2024-07-26`, '"date" is there twice'],
  ])('is refused with %s', (_name, text, problem) => {
    expect(problemsOf(readHoursFile(text)).join()).toContain(problem);
  });
});

describe('a file of bank holidays', () => {
  it('is what gov.uk publishes, England and Wales', () => {
    const events = [
      { title: 'Summer bank holiday', date: '2024-08-26', notes: '', bunting: true },
      { title: 'Early May bank holiday', date: '2024-05-06', notes: '', bunting: true },
    ];
    const scotland = { division: 'scotland', events: [{ title: '2nd January', date: '2024-01-02' }] };
    const file = { 'england-and-wales': { division: 'england-and-wales', events }, scotland };
    expect(readHoursFile(JSON.stringify(file))).toEqual({
      kind: 'BANK_HOLIDAYS',
      days: [
        { day: '2024-05-06', title: 'Early May bank holiday' },
        { day: '2024-08-26', title: 'Summer bank holiday' },
      ],
    });
  });

  it('or two columns', () => {
    expect(readHoursFile('date,title\n26/08/2024,Summer bank holiday\n')).toEqual({
      kind: 'BANK_HOLIDAYS',
      days: [{ day: '2024-08-26', title: 'Summer bank holiday' }],
    });
  });

  it.each([
    ['a day that is none', 'date,title\n2024-02-30,X', '2: date'],
    ['a day without a title', 'date,title\n2024-08-26,', '2: title'],
    ['a day twice', 'date,title\n2024-08-26,X\n26/08/2024,Y', '3: 2024-08-26 is there twice'],
    ['damaged JSON', '{"england-and-wales":', 'damaged'],
    ['other JSON', '{"days":[]}', 'england-and-wales.events'],
    ['no day', '{"england-and-wales":{"events":[]}}', 'no bank holiday'],
    ['events that are none', '{"england-and-wales":{"events":[null,{"date":5}]}}', '1: date'],
  ])('is refused with %s', (_name, text, problem) => {
    expect(problemsOf(readHoursFile(text)).join()).toContain(problem);
  });
});
