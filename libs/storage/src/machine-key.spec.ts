import * as fc from 'fast-check';
import { compareMachineKeys, formatMachineKey, inWriteOrder, parseMachineKey } from './machine-key';

const practices = fc.stringMatching(/^[A-Z0-9]{3,8}$/);
const keys = fc.record({ practiceId: practices, machineId: fc.uuid() });
const PATTERN = /^[A-Z0-9]{3,8}\.[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

describe('the key of a machine', () => {
  it('comes back from its identity', () => {
    fc.assert(fc.property(keys, (key) => expect(parseMachineKey(formatMachineKey(key))).toEqual(key)));
  });

  it('is found in nothing that is no identity', () => {
    const changed = fc
      .tuple(
        keys,
        fc.nat(44),
        fc.oneof(fc.string({ maxLength: 2 }), fc.constantFrom('A', 'g', '.', '-', 'é')),
      )
      .map(([key, at, text]) => {
        const whole = formatMachineKey(key);
        return whole.slice(0, at) + text + whole.slice(at + 1);
      });
    fc.assert(
      fc.property(fc.oneof(changed, fc.string()), (text) => {
        expect(parseMachineKey(text) !== null).toBe(PATTERN.test(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it('is written in one order, whichever order it came in and however many begin alike', () => {
    const alike = keys.map((key) => ({ ...key, machineId: `00000000${key.machineId.slice(8)}` }));
    fc.assert(
      fc.property(fc.array(fc.oneof(keys, alike)), (some) => {
        const written = inWriteOrder(some, (key) => key);
        expect(inWriteOrder([...some].reverse(), (key) => key)).toEqual(written);
        expect(written.map(({ machineId }) => machineId)).toEqual(
          some.map(({ machineId }) => machineId).sort(),
        );
        expect([...written].sort(compareMachineKeys)).toEqual([...some].sort(compareMachineKeys));
      }),
    );
  });
});
