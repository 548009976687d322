import { parseMachineKey } from '@app/storage';
import { compareByKey, hostnameOf, machineIdOf, makeFleetShape, practiceCodeOf } from './fleet-shape';

const CODES = Array.from({ length: 50 }, (_, i) => `X${String(1_049 - i).padStart(5, '0')}`);
const shape = makeFleetShape({ machines: 10_000, practiceCodes: CODES, seed: 7 });

describe('the shape of the fleet', () => {
  it('puts every machine into a practice, many small ones and a few large ones', () => {
    const sizes = new Map<string, number>();
    for (let i = 0; i < shape.machines; i += 1) {
      const code = practiceCodeOf(shape, i);
      sizes.set(code, (sizes.get(code) ?? 0) + 1);
    }
    const sorted = [...sizes.values()].sort((a, b) => a - b);
    expect(sizes.size).toBe(CODES.length);
    expect(sorted[sorted.length - 1]).toBeGreaterThan(4 * (sorted[0] ?? 0));
  });

  it('gives every machine an identity that the service reads, with its number at the end', () => {
    const ids = Array.from({ length: shape.machines }, (_, i) => machineIdOf(i));
    expect(new Set(ids).size).toBe(shape.machines);
    for (const index of [0, 1, 4_711, 8_499_999]) {
      const id = machineIdOf(index);
      expect(parseMachineKey(`X01001.${id}`)).toEqual({ practiceId: 'X01001', machineId: id });
      expect(Number.parseInt(id.slice(-12), 16)).toBe(index);
    }
  });

  it('sorts machines as the database sorts their keys', () => {
    const keyOf = (index: number): string => `${practiceCodeOf(shape, index)}.${machineIdOf(index)}`;
    const indexes = Array.from({ length: 3_000 }, (_, i) => (i * 7_919) % shape.machines);
    const byKey = [...indexes].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    expect([...indexes].sort((a, b) => compareByKey(shape, a, b))).toEqual(byKey);
  });

  it('gives host names that Windows allows', () => {
    expect(hostnameOf(shape, 9_999)).toMatch(/^X\d{5}-00009999$/);
    expect(hostnameOf(shape, 9_999)).toHaveLength(15);
  });

  it('refuses practice codes that do not fit into the place of a code', () => {
    expect(() => makeFleetShape({ machines: 10, practiceCodes: ['X1'], seed: 1 })).toThrow('6 characters');
  });
});
