import 'reflect-metadata';
import { buildSchema, parse, TypeInfo, validate, visit, visitWithTypeInfo } from 'graphql';
import { printContracts } from '../../apps/api/src/contracts';
import { POLICIES } from '../../apps/api/src/graphql/field-policies';
import { PUBLIC_OPERATIONS } from '../../apps/api/src/graphql/public-operations';

it('every registered operation is valid, and asks for nothing that is not for anybody', async () => {
  const schema = buildSchema((await printContracts()).graphql);
  expect(PUBLIC_OPERATIONS.length).toBeGreaterThan(0);
  for (const { query } of PUBLIC_OPERATIONS) {
    const document = parse(query);
    expect(validate(schema, document)).toEqual([]);
    const types = new TypeInfo(schema);
    const forSome: string[] = [];
    const enter = (): void => {
      const type = types.getParentType()?.name ?? '';
      const name = `${type}.${types.getFieldDef()?.name}`;
      const need = POLICIES.fields[name] ?? POLICIES.types[type]?.needs;
      if (need !== 'ANYBODY') forSome.push(name);
    };
    visit(document, visitWithTypeInfo(types, { Field: { enter } }));
    expect(forSome).toEqual([]);
  }
});
