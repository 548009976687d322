import { readSettings } from '../../apps/api/src/settings';
import { environmentOf } from '../support/application';
import { BASELINE_AT, FIELD_BASELINE } from '../support/field-stage';
import { testFieldRows, type FieldRows } from '../support/field-table';

/**
 * Inputs of public bug reports, exactly as they came, and the right answer to each. Every row has a practice and machines of its own;
 * all are told along one clock, from the evening before the incident to September. Other members of the same kinds are in
 * field-reports.e2e-spec.ts and in the tables beside the rules.
 */
const CRASH = { at: '2024-07-19T04:31:07Z', stopCode: 80 };
const MONDAY_0810 = '2024-07-22T08:10:00Z';

/** Machines whose state says that they are well. */
const WELL = ['NOT_AFFECTED', 'RECOVERED', 'RECOVERED_AT_RISK', 'REPLACED'];

const ROWS: FieldRows = {
  '1 a restored image counts its boots again': async function* (stage) {
    const pc = await stage.machine();
    for (let seq = 1; seq <= 150; seq++) {
      yield new Date(Date.parse(BASELINE_AT) - (150 - seq) * 300_000).toISOString();
      await pc.tell({
        bootId: '413',
        seq,
        uptimeSeconds: 60 + seq * 300,
        channelFileWrittenAt: '2024-07-17T20:00:00Z',
      });
    }
    const restored = { bootId: '413', channelFileWrittenAt: '2024-07-22T08:00:10Z' };
    yield '2024-07-22T08:05:00Z';
    expect(await pc.tell({ ...restored, seq: 1, uptimeSeconds: 360 })).toMatchObject({ outcome: 'ACCEPTED' });
    expect(await pc.seen()).toMatchObject({ state: 'STABILISING' });
    yield '2024-07-22T08:25:00Z';
    await pc.tell({ ...restored, seq: 2, uptimeSeconds: 1560 });
    yield '2024-07-22T08:45:00Z';
    await pc.tell({ ...restored, seq: 3, uptimeSeconds: 2760 });
    yield '2024-07-22T09:05:00Z';
    expect(await pc.tell({ ...restored, seq: 4, uptimeSeconds: 3960 })).toMatchObject({
      outcome: 'ACCEPTED',
    });
    expect(await pc.seen()).toMatchObject({ state: 'RECOVERED' });
  },

  '6 the agent restarts within a boot and its count begins anew': async function* (stage) {
    const pc = await stage.machine();
    yield BASELINE_AT;
    await pc.tell(FIELD_BASELINE);
    for (const [minute, seq, uptimeSeconds] of [
      ['00', 1, 60],
      ['05', 2, 360],
      ['10', 3, 660],
    ] as const) {
      yield `2024-07-19T06:${minute}:00Z`;
      await pc.tell({ seq, uptimeSeconds });
    }
    yield '2024-07-19T06:15:00Z';
    const bad = { seq: 1, uptimeSeconds: 960, channelFileWrittenAt: '2024-07-19T04:40:00Z' };
    expect((await pc.tell(bad)).outcome).not.toBe('DUPLICATE');
    expect(await pc.tell(bad)).toMatchObject({ outcome: 'DUPLICATE' });
    const seen = await pc.seen();
    expect(seen.facts.fileVerdict).toBe('BAD');
    expect(seen.exposure).toBe('FAULTY_FILE');
    expect(WELL).not.toContain(seen.state);
    expect(seen.contact.lastHeardAt).toBe('2024-07-19T06:15:00.000Z');
  },

  '2 the last-write time of a file that is not there': async function* (stage) {
    const pcs = [await stage.machine(), await stage.machine()];
    yield BASELINE_AT;
    for (const pc of pcs) await pc.tell(FIELD_BASELINE);
    yield '2024-07-19T09:10:00Z';
    for (const [i, zero] of ['1601-01-01T00:00:00Z', '0001-01-01T00:00:00Z'].entries()) {
      await pcs[i]?.tell({ channelFileWrittenAt: zero, crashes: [CRASH], sensorRunning: undefined });
      const seen = await pcs[i]?.seen();
      expect(WELL).not.toContain(seen?.state);
      expect(seen?.failingTests).toContain('FILE_HARMLESS');
    }
  },

  '3 stop codes with the minidump bit': async function* (stage) {
    yield MONDAY_0810;
    for (const stopCode of [268_435_582, 268_435_536]) {
      const pc = await stage.machine();
      await pc.tell({ seq: 3, uptimeSeconds: 600, crashes: [{ at: CRASH.at, stopCode }] });
      expect(await pc.seen()).toMatchObject({ exposure: 'CRASHED', state: 'STABILISING' });
    }
  },

  '12 an everyday crash in September': async function* (stage) {
    const pc = await stage.machine();
    yield '2024-07-20T09:00:00Z';
    await pc.tell({ seq: 3, uptimeSeconds: 4000 });
    expect(await pc.seen()).toMatchObject({ state: 'NOT_AFFECTED' });
    yield '2024-09-20T09:00:00Z';
    await pc.tell({
      bootId: 'b2',
      seq: 1,
      uptimeSeconds: 60,
      channelFileWrittenAt: '2024-09-19T05:29:11Z',
      crashes: [{ at: '2024-09-20T08:58:11Z', stopCode: 80 }],
    });
    expect(await pc.seen()).toMatchObject({ state: 'NOT_AFFECTED' });
  },

  '13 one crash, logged twice; two minutes apart are two': async function* (stage) {
    const [once, twice] = [await stage.machine(), await stage.machine()];
    yield BASELINE_AT;
    for (const pc of [once, twice]) await pc.tell(FIELD_BASELINE);
    yield '2024-07-19T05:40:00Z';
    const told = (...times: readonly string[]): object => ({
      seq: 1,
      uptimeSeconds: 120,
      crashes: times.map((time) => ({ at: `2024-07-19T${time}Z`, stopCode: 80 })),
    });
    await once.tell(told('05:37:58', '05:38:09'));
    expect(await once.seen()).toMatchObject({ exposure: 'CRASHED', state: 'STABILISING' });
    await twice.tell(told('05:34:10', '05:38:09'));
    expect(await twice.seen()).toMatchObject({ exposure: 'CRASHED', state: 'CRASH_LOOPING' });
  },

  '7 a list of one as PowerShell writes it': async function* (stage) {
    yield MONDAY_0810;
    const [one, counted, lost, body] = [
      await stage.machine(),
      await stage.machine(),
      await stage.machine(),
      await stage.machine(),
    ];
    expect(await one.tell({ crashes: CRASH })).toMatchObject({ outcome: 'ACCEPTED' });
    expect(await one.seen()).toMatchObject({ exposure: 'CRASHED' });
    expect(await counted.tell({ crashes: { value: [], Count: 0 } })).toMatchObject({ outcome: 'ACCEPTED' });
    expect(await lost.tell({ crashes: ['System.Collections.Hashtable'] })).toMatchObject({
      outcome: 'ACCEPTED',
    });
    const alone = { heartbeats: { bootId: 'b1', seq: 1, uptimeSeconds: 60, bootMode: 'NORMAL' } };
    const answer = await stage.app.client.post('/v1/heartbeats', alone, body.enrolled.credential);
    expect(answer).toMatchObject({ status: 200, body: { results: [{ outcome: 'ACCEPTED' }] } });
  },

  '8 null for what was not collected; an ODS code as people write it': async function* (stage) {
    yield MONDAY_0810;
    const nothing = { serialNumber: null, smbiosUuid: null, assetTag: null };
    expect(await stage.enrol({ practice: stage.practice(), hostname: 'PC-1', ...nothing })).toMatchObject({
      outcome: 'ENROLLED',
    });
    const code = stage.practice();
    const spaced = `${code.slice(0, 1).toLowerCase()} ${code.slice(1, 3)} ${code.slice(3)}`;
    const { outcome, machineId } = await stage.enrol({ practice: spaced, hostname: 'PC-1' });
    expect(outcome).toBe('ENROLLED');
    expect((await stage.app.client.machine(machineId ?? '')).practice.odsCode).toBe(code);
    const pc = await stage.machine();
    const nulls = { bitlocker: null, safeBootFlag: null, sensorRunning: null, crashes: null, hostname: null };
    expect(await pc.tell(nulls)).toMatchObject({ outcome: 'ACCEPTED' });
  },

  '17 a body in Latin-1': async function* (stage) {
    const pc = await stage.machine();
    yield MONDAY_0810;
    const text = JSON.stringify({
      heartbeats: [{ bootId: 'b1', seq: 1, uptimeSeconds: 60, bootMode: 'NORMAL', hostname: 'RÉCEPTION-1' }],
    });
    const answer = await stage.app.client.post(
      '/v1/heartbeats',
      Buffer.from(text, 'latin1'),
      pc.enrolled.credential,
    );
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('UTF-8');
    expect((await pc.seen()).hostname).toBe('PC-1');
  },

  '4 request targets spelled otherwise': async function* (stage) {
    yield MONDAY_0810;
    const free = JSON.stringify({ query: '{ publicProgress(by: ICB) { asOf } __typename }' });
    for (const target of ['/%67raphql', 'http://x/graphql', '/graphq%6c', '//graphql'])
      expect(await stage.statusOf('POST', target, free)).toBeGreaterThanOrEqual(400);
    expect(
      await stage.statusOf('GET', '/%67raphql?query=%7B__typename%7D', '', PREFLIGHT),
    ).toBeGreaterThanOrEqual(400);
    const asAdmin = { authorization: `Bearer ${stage.app.adminToken}` };
    for (const target of ['/%67raphql', '/v1/%65xports/machines'])
      expect(
        await stage.statusOf('POST', target, '{"query":"{ __typename }"}', asAdmin),
      ).toBeGreaterThanOrEqual(400);
    // The absolute form is one that a server has to take (RFC 9112): as the canonical one, with its checks and its price.
    expect(await stage.statusOf('POST', 'http://x/graphql', '{"query":"{ __typename }"}', asAdmin)).toBe(200);
    expect(await stage.statusOf('POST', '/graphql', '{"query":"{ __typename }"}', asAdmin)).toBe(200);
  },

  '10 what proxies do to X-Forwarded-For': async function* (stage) {
    yield MONDAY_0810;
    const forwarded = ['203.0.113.7:51234', '203.0.113.7:51235', '[2001:db8::1]:443', 'unknown'];
    expect(await stage.addressesRecordedFor(forwarded)).toEqual([
      '203.0.113.7',
      '203.0.113.7',
      '2001:db8::1',
      '127.0.0.1',
    ]);
  },

  '14 identities that identify nothing': async function* (stage) {
    yield MONDAY_0810;
    const nobodies = [
      'Defaultstring',
      'SystemSerialNumber',
      'ToBeFilledByO.E.M.',
      '0123456789',
      '..................',
      'INVALID',
      'OEM',
    ];
    for (const serial of nobodies) {
      const practice = stage.practice();
      const list = `Practice code,Device name,Serial number\n${practice},PC-1,${serial}\n${practice},PC-2,${serial}\n`;
      expect(await stage.list(list)).toMatchObject({
        outcome: 'APPLIED',
        diff: { added: 2, brokenRows: [] },
      });
    }
    const azure = '7783-7084-3265-9085-8269-3286-77';
    const practice = stage.practice();
    await stage.list(`Practice code,Device name,Asset tag\n${practice},PC-9,${azure}\n`);
    for (const [i, assetTag] of [
      azure,
      'No Asset Information',
      'Chassis Asset Tag',
      'No Asset Tag',
    ].entries())
      expect(await stage.enrol({ practice, hostname: `PC-${i + 1}`, assetTag })).toMatchObject({
        outcome: 'ENROLLED',
      });
    expect(await stage.machinesOf(practice)).toBe(5);
  },

  '23 one installation enrols with the hardware of two': async function* (stage) {
    yield MONDAY_0810;
    const practice = stage.practice();
    const installationId = 'cloned-image-23';
    const first = await stage.enrol({
      installationId,
      practice,
      hostname: 'PC-1',
      serialNumber: 'ABC1FIELD',
    });
    const second = await stage.enrol({
      installationId,
      practice,
      hostname: 'PC-2',
      serialNumber: 'ABC2FIELD',
    });
    expect(first.outcome).toBe('ENROLLED');
    expect(second.credential).not.toBeNull();
    const { identityConflict } = await stage.app.client.machine(first.machineId ?? '');
    expect(identityConflict || second.machineId !== first.machineId || second.code !== null).toBe(true);
  },

  '15 rows without any text': async function* (stage) {
    yield MONDAY_0810;
    const practice = stage.practice();
    const list = `Practice code,Device name,Serial number,Room\n${practice},PC-1,ABC1234,Room 1\n,,,\n,,,\n`;
    expect(await stage.list(list)).toMatchObject({ outcome: 'APPLIED', diff: { added: 1, brokenRows: [] } });
  },

  '16 a branch surgery': async function* (stage) {
    yield MONDAY_0810;
    const practice = stage.practice();
    const { outcome, machineId, detail } = await stage.enrol({
      practice: `${practice}001`,
      hostname: 'PC-1',
    });
    if (outcome === 'ENROLLED')
      expect((await stage.app.client.machine(machineId ?? '')).practice.odsCode).toBe(practice);
    else expect(detail).toMatch(/branch/);
    const list = `Practice code,Device name\n${practice}001,PC-2\n`;
    expect(await stage.list(list)).toMatchObject({ outcome: 'APPLIED', diff: { added: 1 } });
  },

  '19 lists as ConfigMgr, Lansweeper, Entra and csvde export them': async function* (stage) {
    yield MONDAY_0810;
    const added = async (list: string, query: Readonly<Record<string, string>> = {}): Promise<string> =>
      JSON.stringify((await stage.list(list, query)).diff?.changes ?? []);
    const [ou, lansweeper, entra, csvde] = Array.from({ length: 4 }, () => stage.practice());
    expect(
      await added(`Netbios Name,Serial Number,Site Code,OU\nPC-1,ABC1234,PS1,"NHS.LOCAL/GP/${ou}"\n`),
    ).toContain('PC-1');
    const assets =
      'AssetID;AssetName;AssetTypename;Domain;Location;Serialnumber\n1;PC-2;Windows;NHS;Room 1;ABC1235\n';
    expect(await added(assets, { practice: lansweeper ?? '' })).toContain('PC-2');
    const devices = 'displayName,deviceId,operatingSystem\nPC-4,7d0c,Windows\n';
    expect(await added(devices, { practice: entra ?? '' })).toContain('PC-4');
    const computers = `DN,objectClass,cn,operatingSystem\n"CN=PC-3,OU=${csvde},OU=GP,DC=nhs,DC=local",computer,PC-3,Windows 11 Pro\n`;
    expect(await added(computers)).toContain('PC-3');
    const { rows } = await stage.app.database.pool.query<{ count: number }>(
      "SELECT count(*)::int AS count FROM register_entry WHERE asset_tag = '1'",
    );
    expect(rows[0]?.count).toBe(0);
  },

  '5 a DATABASE_URL with two hosts': async function* () {
    yield MONDAY_0810;
    const url = 'postgres://u:p@127.0.0.1:5432,127.0.0.1:5433/recovery';
    let refused = '';
    try {
      readSettings(environmentOf(url));
    } catch (error) {
      refused = error instanceof Error ? error.message : '';
    }
    expect(refused === '' || refused.includes('DATABASE_URL')).toBe(true);
    expect(refused).not.toContain('u:p');
  },
};

const PREFLIGHT = { 'apollo-require-preflight': '1' };

testFieldRows(ROWS, { PUBLIC_PROGRESS: 'true', TRUSTED_PROXIES: '127.0.0.1' });
