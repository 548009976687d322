import { BASELINE_AT, FIELD_BASELINE, FIELD_HEARTBEAT } from '../support/field-stage';
import { testFieldRows, testRowsAreDocumented, type FieldRows } from '../support/field-table';

/**
 * Further public reports of what comes from the field, one story each: what machines say of themselves. docs/field-reports.md says where each was found and
 * what became of it.
 */
const CRASH_AT = '2024-07-19T04:31:07Z';
const MONDAY_0810 = '2024-07-22T08:10:00Z';

const ROWS: FieldRows = {
  'osquery/osquery#6395: uptime stands still in standby': async function* (stage) {
    const [well, mending] = [await stage.machine(), await stage.machine()];
    yield BASELINE_AT;
    await mending.tell(FIELD_BASELINE);
    const crashes = [{ at: CRASH_AT, stopCode: 80 }];
    let seq = 0;
    const both = async (uptimeSeconds: number): Promise<void> => {
      seq += 1;
      await well.tell({ seq, uptimeSeconds });
      await mending.tell({ seq, uptimeSeconds, crashes });
    };
    for (const [at, uptimeSeconds] of [
      ['09:00', 60],
      ['09:20', 1260],
      ['09:40', 2460],
      // Two hours of standby, which the agent's clock of uptime does not count.
      ['11:42', 2580],
      ['11:50', 3060],
      ['12:00', 3660],
      ['12:10', 4260],
    ] as const) {
      yield `2024-07-19T${at}:00Z`;
      await both(uptimeSeconds);
      expect((await well.seen()).state).toBe('NOT_AFFECTED');
      expect((await mending.seen()).state).not.toBe('CRASH_LOOPING');
    }
    for (const pc of [well, mending]) expect((await pc.seen()).identityConflict).toBe(false);
    yield '2024-07-19T12:45:00Z';
    await both(6360);
    expect(await mending.seen()).toMatchObject({ state: 'RECOVERED', identityConflict: false });
  },

  'PSAppDeployToolkit/PSAppDeployToolkit#1406: uptime below zero after 25 days': async function* (stage) {
    const pc = await stage.machine();
    yield MONDAY_0810;
    const heartbeat = { ...FIELD_HEARTBEAT, uptimeSeconds: -28_170 };
    const { text, body } = await stage.app.client.report(pc.enrolled.credential, [heartbeat]);
    expect(body.results[0]).toMatchObject({ outcome: 'REJECTED', code: 'INVALID_ITEM' });
    expect(text).toContain('uptimeSeconds');
  },

  'stealthbot/StealthBot#42: uptime begins again after 50 days': async function* (stage) {
    const pc = await stage.machine();
    yield MONDAY_0810;
    await pc.tell({ seq: 14_000, uptimeSeconds: 4_294_900 });
    expect((await pc.seen()).state).toBe('NOT_AFFECTED');
    for (const [minute, seq, uptimeSeconds] of [
      ['15', 14_001, 233],
      ['20', 14_002, 533],
      ['25', 14_003, 833],
    ] as const) {
      yield `2024-07-22T08:${minute}:00Z`;
      expect(await pc.tell({ seq, uptimeSeconds })).toMatchObject({ outcome: 'ACCEPTED' });
      expect(await pc.seen()).toMatchObject({ state: 'NOT_AFFECTED', identityConflict: false });
    }
  },

  'fleetdm/fleet#18645: machines of one template share their UUID': async function* (stage) {
    const practice = stage.practice();
    const smbiosUuid = '4c4c4544-0042-3510-8052-b4c04f4e4d32';
    const [one, other] = [
      await stage.machine({ practice, hostname: 'VDI-1', smbiosUuid, serialNumber: 'VMware-56 4d 01' }),
      await stage.machine({ practice, hostname: 'VDI-2', smbiosUuid, serialNumber: 'VMware-56 4d 02' }),
    ];
    yield '2024-07-18T16:00:00Z';
    for (const pc of [one, other]) await pc.tell(FIELD_BASELINE);
    yield '2024-07-19T09:00:00Z';
    for (const pc of [one, other]) await pc.tell({ seq: 3, uptimeSeconds: 600 });
    expect(one.id).not.toBe(other.id);
    for (const pc of [one, other]) expect((await pc.seen()).state).toBe('NOT_AFFECTED');
  },

  'Ylianst/MeshCentral#8152: a BIOS update sets the UUID back to its default': async function* (stage) {
    const practice = stage.practice();
    const installationId = 'bios-update-8152';
    const before = {
      practice,
      hostname: 'PC-1',
      serialNumber: 'MESH8152',
      smbiosUuid: 'f0900001-0000-1000-8000-c4001f2e5a77',
    };
    yield BASELINE_AT;
    const first = await stage.enrol({ installationId, ...before });
    const again = { ...before, smbiosUuid: '03000200-0400-0500-0006-000700080009' };
    expect(await stage.enrol({ installationId, ...again })).toMatchObject({
      outcome: 'KNOWN',
      machineId: first.machineId,
    });
    expect((await stage.app.client.machine(first.machineId ?? '')).identityConflict).toBe(false);
  },

  'invictus-ir/Microsoft-Extractor-Suite#76: a date as Windows PowerShell writes it': async function* (
    stage,
  ) {
    yield MONDAY_0810;
    // 04:31:07 on the day: read as a time it is the faulty file, and left out it proves nothing.
    const faulty = '/Date(1721363467000)/';
    const dates = [
      faulty,
      { value: faulty, DisplayHint: 2, DateTime: 'Friday 19 July 2024 05:31:07' },
      { value: '1601-01-01T00:00:00Z', DateTime: 'Monday, January 1, 1601 12:00:00 AM' },
    ];
    for (const date of dates) {
      const pc = await stage.machine();
      const crashes = [{ at: CRASH_AT, stopCode: 80 }];
      expect(await pc.tell({ channelFileWrittenAt: date, crashes })).toMatchObject({ outcome: 'ACCEPTED' });
      const { exposure, state } = await pc.seen();
      expect([exposure, ['STABILISING', 'LATENT'].includes(state)]).toEqual(['CRASHED', true]);
    }
  },

  'invictus-ir/Microsoft-Extractor-Suite#76: a time without its zone': async function* (stage) {
    const pc = await stage.machine();
    yield MONDAY_0810;
    const heartbeat = { ...FIELD_HEARTBEAT, channelFileWrittenAt: '2024-07-19T05:13:30' };
    const { text, body } = await stage.app.client.report(pc.enrolled.credential, [heartbeat]);
    expect(body.results[0]?.outcome).toBe('REJECTED');
    expect(text).toContain('channelFileWrittenAt');
  },

  'microsoft/Intune-Data-Warehouse#7: the end of time, and seven digits': async function* (stage) {
    yield MONDAY_0810;
    const [ending, digits] = [await stage.machine(), await stage.machine()];
    const crashes = [{ at: '2024-07-19T04:31:07.8233333Z', stopCode: 80 }];
    await ending.tell({ channelFileWrittenAt: '9999-12-31T00:00:00Z', crashes });
    const seen = await ending.seen();
    expect(seen).toMatchObject({ exposure: 'CRASHED', state: 'STABILISING' });
    expect(seen.failingTests).toContain('FILE_HARMLESS');
    await digits.tell({ channelFileWrittenAt: '2024-07-19T06:29:11.8233333+01:00', crashes });
    expect(await digits.seen()).toMatchObject({ state: 'RECOVERED', facts: { fileVerdict: 'GOOD' } });
  },

  'gleam-lang/time#24, danielrichman/strict-rfc3339#4: RFC 3339 in all its forms': async function* (stage) {
    yield MONDAY_0810;
    const forms = ['2024-07-19t05:29:11z', '2024-07-19 05:29:11+00:00', '2024-07-19T05:29:11-00:00'];
    for (const channelFileWrittenAt of forms) {
      const pc = await stage.machine();
      expect(await pc.tell({ channelFileWrittenAt })).toMatchObject({ outcome: 'ACCEPTED' });
      expect((await pc.seen()).facts.fileVerdict).toBe('GOOD');
    }
    const pc = await stage.machine();
    const crashes = [{ at: '2016-12-31T23:59:60Z', stopCode: 80 }];
    expect(await pc.tell({ crashes })).toMatchObject({ outcome: 'ACCEPTED' });
    expect((await pc.seen()).state).toBe('NOT_AFFECTED');
  },

  'ansible-collections/ansible.windows#936: codes of the event log are text': async function* (stage) {
    yield MONDAY_0810;
    for (const stopCode of ['0x50', '0x0000007e', '80', '0x1000007E']) {
      const pc = await stage.machine();
      await pc.tell({ seq: 3, uptimeSeconds: 600, crashes: [{ at: CRASH_AT, stopCode }] });
      expect(await pc.seen()).toMatchObject({ exposure: 'CRASHED', state: 'STABILISING' });
    }
  },

  'MicrosoftDocs/windows-driver-docs#1917, bklockwood/PSWU#46: codes above and below 32 bits':
    async function* (stage) {
      yield MONDAY_0810;
      for (const stopCode of [0xc000_0244, -2_145_124_318, -1_073_741_286]) {
        const pc = await stage.machine();
        const crashes = [{ at: CRASH_AT, stopCode }];
        expect(await pc.tell({ seq: 3, uptimeSeconds: 600, crashes })).toMatchObject({ outcome: 'ACCEPTED' });
        expect((await pc.seen()).state).toBe('NOT_AFFECTED');
      }
    },

  'wazuh/wazuh-agent#446: blanks for what was not collected': async function* (stage) {
    yield MONDAY_0810;
    const blanks = [
      { hostname: ' ', osBuild: '' },
      { sensorVersion: ' ', bitlocker: '' },
      { safeBootFlag: '', sensorRunning: '' },
    ];
    for (const members of blanks) {
      const pc = await stage.machine();
      expect(await pc.tell(members)).toMatchObject({ outcome: 'ACCEPTED' });
      expect((await pc.seen()).hostname).toBe('PC-1');
    }
    const enrolled = await stage.enrol({
      practice: stage.practice(),
      hostname: 'PC-2',
      serialNumber: ' ',
      assetTag: '',
    });
    expect(enrolled.outcome).toBe('ENROLLED');
  },
};

testFieldRows(ROWS, {});
testRowsAreDocumented(ROWS);
