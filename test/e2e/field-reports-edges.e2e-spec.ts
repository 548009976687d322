import { gzipSync } from 'node:zlib';
import { readSettings } from '../../apps/api/src/settings';
import { environmentOf } from '../support/application';
import { FIELD_HEARTBEAT } from '../support/field-stage';
import { testFieldRows, testRowsAreDocumented, type FieldRows } from '../support/field-table';

/**
 * Further public reports of what comes from the field, one story each: bodies, proxies, lists, identities and installs. docs/field-reports.md says where each was found and
 * what became of it.
 */
const MONDAY_0810 = '2024-07-22T08:10:00Z';
const STRANGERS_PER_MINUTE = 10;

const ROWS: FieldRows = {
  'Badgerati/Pode#1604: a body with a mark in front': async function* (stage) {
    const pc = await stage.machine();
    yield MONDAY_0810;
    const text = `\uFEFF${JSON.stringify({ heartbeats: [FIELD_HEARTBEAT] })}`;
    const answer = await stage.app.client.post(
      '/v1/heartbeats',
      Buffer.from(text, 'utf8'),
      pc.enrolled.credential,
    );
    expect(answer).toMatchObject({ status: 200, body: { results: [{ outcome: 'ACCEPTED' }] } });
    const enrolmentToken = await stage.token();
    const machines = [{ installationId: 'pode-1604', practice: stage.practice(), hostname: 'PC-1' }];
    const enrolment = Buffer.from(`\uFEFF${JSON.stringify({ enrolmentToken, machines })}`, 'utf8');
    expect((await stage.app.client.post('/v1/enrolments', enrolment, null)).status).toBe(200);
  },

  'mblua/AgentsCommander#130: a body in UTF-16': async function* (stage) {
    const pc = await stage.machine();
    yield MONDAY_0810;
    const text = `\uFEFF${JSON.stringify({ heartbeats: [FIELD_HEARTBEAT] })}`;
    const answer = await stage.app.client.post(
      '/v1/heartbeats',
      Buffer.from(text, 'utf16le'),
      pc.enrolled.credential,
    );
    expect(answer.status).toBe(400);
    expect(answer.text).toContain('UTF-8');
  },

  'axios/axios#3181, oven-sh/bun#31521: content encodings in any case': async function* (stage) {
    yield MONDAY_0810;
    const enrolmentToken = await stage.token();
    for (const encoding of ['GZIP', 'GZip', 'x-gzip']) {
      const pc = await stage.machine();
      const packed = gzipSync(JSON.stringify({ heartbeats: [FIELD_HEARTBEAT] }));
      const headers = { 'content-encoding': encoding };
      const answer = await stage.app.client.post('/v1/heartbeats', packed, pc.enrolled.credential, headers);
      expect(answer).toMatchObject({ status: 200, body: { results: [{ outcome: 'ACCEPTED' }] } });
      const machines = [
        { installationId: `encoded-${encoding}`, practice: stage.practice(), hostname: 'PC-1' },
      ];
      const enrolment = gzipSync(JSON.stringify({ enrolmentToken, machines }));
      expect((await stage.app.client.post('/v1/enrolments', enrolment, null, headers)).status).toBe(200);
    }
  },

  'HarperFast/harper#1438: an encoding that nothing here unpacks': async function* (stage) {
    const pc = await stage.machine();
    yield MONDAY_0810;
    const headers = { 'content-encoding': 'zstd' };
    const { credential } = pc.enrolled;
    expect(
      (await stage.app.client.post('/v1/heartbeats', '{"heartbeats":[]}', credential, headers)).status,
    ).toBe(415);
  },

  'un33k/django-ipware#87: an address with a port in front of a proxy’s': async function* (stage) {
    yield MONDAY_0810;
    const forwarded = [
      '177.139.233.139:17085, 10.0.0.6',
      '177.139.233.139:17099,10.0.0.6:443',
      '177.139.233.139',
    ];
    expect(await stage.addressesRecordedFor(forwarded)).toEqual(Array(3).fill('177.139.233.139'));
  },

  'Team-Commonly/commonly#656: a stranger who changes address within its network': async function* (stage) {
    yield MONDAY_0810;
    const statuses = new Set<number>();
    for (let i = 1; i <= STRANGERS_PER_MINUTE * 6; i++) {
      const from = { 'x-forwarded-for': `2001:db8:5:6::${i.toString(16)}` };
      statuses.add(
        (await stage.app.client.post('/v1/heartbeats', { heartbeats: [] }, 'm1.forged', from)).status,
      );
    }
    expect(statuses).toContain(429);
    const other = { 'x-forwarded-for': '2001:db8:5:7::1' };
    expect(
      (await stage.app.client.post('/v1/heartbeats', { heartbeats: [] }, 'm1.forged', other)).status,
    ).toBe(401);
  },

  'shancarter/mr-data-converter#52: a list that begins with sep=;': async function* (stage) {
    yield MONDAY_0810;
    const practice = stage.practice();
    const list = `sep=;\r\nPractice code;Device name;Serial number\r\n${practice};PC-1;ABC1234\r\n`;
    expect(await stage.list(list)).toMatchObject({ outcome: 'APPLIED', diff: { added: 1, brokenRows: [] } });
  },

  'collec-science/collec-science#840: a list as Excel saves CSV UTF-8': async function* (stage) {
    yield MONDAY_0810;
    const practice = stage.practice();
    const list = `\uFEFFPractice code,Device name\r\n${practice},RÉCEPTION-1\r\n`;
    const { outcome, diff } = await stage.list(Buffer.from(list, 'utf8'));
    expect(outcome).toBe('APPLIED');
    expect(JSON.stringify(diff?.changes)).toContain('RÉCEPTION-1');
  },

  'gr8b/zabbix-module-sqlexplorer#18: line breaks within a cell': async function* (stage) {
    yield MONDAY_0810;
    const practice = stage.practice();
    const list = `Practice code,Device name,Room\r\n${practice},PC-1,"Room 1\r\nbehind the door"\r\n${practice},PC-2,"Room\n2"\r\n`;
    expect(await stage.list(list)).toMatchObject({ outcome: 'APPLIED', diff: { added: 2, brokenRows: [] } });
  },

  'grokability/snipe-it#10791: serial numbers that Excel rounded': async function* (stage) {
    yield MONDAY_0810;
    const practice = stage.practice();
    const list = `Practice code,Device name,Serial number\r\n${practice},PC-1,8.93901E+18\r\n${practice},PC-2,8.93901E+18\r\n`;
    const { outcome, diff } = await stage.list(list);
    const joined = diff?.brokenRows.some(({ problem }) => problem === 'SAME_ASSET_AS_ABOVE');
    expect(joined).toBe(false);
    if (outcome === 'APPLIED') expect(diff?.added).toBe(2);
  },

  'FOGProject/fogproject#196, #198, fusioninventory/fusioninventory-agent#283: words for no serial number':
    async function* (stage) {
      yield MONDAY_0810;
      const practice = stage.practice();
      const nobody = { smbiosUuid: 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF' };
      for (const [i, serialNumber] of [
        'Enter Serial',
        'System Serial Number',
        'Enter Serial',
        'System Serial Number',
      ].entries()) {
        const names = {
          practice,
          hostname: `PC-${i}`,
          serialNumber,
          assetTag: 'Asset-1234567890',
          ...nobody,
        };
        expect(await stage.enrol(names)).toMatchObject({ outcome: 'ENROLLED' });
      }
      expect(await stage.machinesOf(practice)).toBe(4);
      const total = await stage.app.client.progress({ by: 'PRACTICE', within: practice });
      expect(total.total.states.find(({ state }) => state === 'REPLACED')?.count ?? 0).toBe(0);
    },

  'osquery/osquery#8887: a UUID of one byte, sixteen times': async function* (stage) {
    yield MONDAY_0810;
    const practice = stage.practice();
    const smbiosUuid = 'FEFEFEFE-FEFE-FEFE-FEFE-FEFEFEFEFEFE';
    for (const hostname of ['PC-1', 'PC-2'])
      expect(await stage.enrol({ practice, hostname, smbiosUuid })).toMatchObject({ outcome: 'ENROLLED' });
    const list = `Practice code,Device name,UUID\n${practice},PC-3,${smbiosUuid}\n${practice},PC-4,${smbiosUuid}\n`;
    expect(await stage.list(list)).toMatchObject({ diff: { added: 2, brokenRows: [] } });
    expect(await stage.machinesOf(practice)).toBe(4);
  },

  'sebhildebrandt/systeminformation#460, Open-CMSIS-Pack/Open-CMSIS-Pack-Spec#191: UUIDs in other notations':
    async function* (stage) {
      yield MONDAY_0810;
      const notations = [
        '4E435451-384A-3034-4532-50465D40ACF1',
        '{4e435451-384a-3034-4532-50465d40acf1}',
        '4E435451384A3034453250465D40ACF1',
        'urn:uuid:4e435451-384a-3034-4532-50465d40acf1',
      ];
      for (const smbiosUuid of notations) {
        const practice = stage.practice();
        expect(await stage.enrol({ practice, hostname: 'PC-1', smbiosUuid })).toMatchObject({
          outcome: 'ENROLLED',
        });
      }
    },

  'eduardolat/pgbackweb#3: an @ in the password of a DATABASE_URL': async function* () {
    yield MONDAY_0810;
    for (const url of [
      'postgresql://username:p@ssword@hostname/database',
      'postgres://user:pa#ss@host:5432/db',
      'postgres://user:100%@host/db',
    ]) {
      let refused = '';
      try {
        readSettings(environmentOf(url));
      } catch (error) {
        refused = error instanceof Error ? error.message : String(error);
      }
      if (refused !== '') expect(refused).toContain('DATABASE_URL');
      for (const secret of ['p@ss', 'pa#ss', '100%']) expect(refused).not.toContain(secret);
    }
  },
};

testFieldRows(ROWS, {
  TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8',
  STRANGER_REQUESTS_PER_MINUTE: String(STRANGERS_PER_MINUTE),
});
testRowsAreDocumented(ROWS);
