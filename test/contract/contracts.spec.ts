import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, isEnumType, isInputObjectType, isObjectType, isSpecifiedScalarType } from 'graphql';
import { printContracts, type Contracts } from '../../apps/api/src/contracts';

const committed = (file: string): string => readFileSync(join(process.cwd(), 'apps', 'api', file), 'utf8');

describe('the committed interface documents say what the code says (npm run generate)', () => {
  let contracts: Contracts;

  beforeAll(async () => {
    contracts = await printContracts();
  });

  it('schema.graphql', () => {
    expect(committed('schema.graphql')).toBe(contracts.graphql);
  });

  it('openapi.json', () => {
    expect(committed('openapi.json')).toBe(contracts.openApi);
  });

  it('public-operations.json', () => {
    expect(committed('public-operations.json')).toBe(contracts.publicOperations);
  });

  it('every type, field, argument and enum value of the schema is described', () => {
    const undescribed: string[] = [];
    const note = (path: string, described: { description?: string | null | undefined }): void => {
      if (!described.description) undescribed.push(path);
    };
    for (const type of Object.values(buildSchema(contracts.graphql).getTypeMap())) {
      if (type.name.startsWith('__') || isSpecifiedScalarType(type)) continue;
      if (!ROOTS.has(type.name)) note(type.name, type);
      if (isEnumType(type)) type.getValues().forEach((value) => note(`${type.name}.${value.name}`, value));
      if (isInputObjectType(type)) {
        for (const field of Object.values(type.getFields())) note(`${type.name}.${field.name}`, field);
      }
      if (!isObjectType(type)) continue;
      for (const field of Object.values(type.getFields())) {
        note(`${type.name}.${field.name}`, field);
        for (const arg of field.args) note(`${type.name}.${field.name}(${arg.name})`, arg);
      }
    }
    expect(undescribed).toEqual([]);
  });
});

/** The roots need no sentence of their own; their fields have one each. */
const ROOTS = new Set(['Query', 'Mutation']);
