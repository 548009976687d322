import 'reflect-metadata';
import { buildSchema, isCompositeType, isUnionType } from 'graphql';
import { printContracts } from '../../apps/api/src/contracts';
import { ROUTE_POLICIES } from '../../apps/api/src/http/route-policies';
import { QUESTIONS, TYPES } from '../support/access-expectations';
import { ROUTES } from '../support/route-expectations';
import { rootFieldsOf } from '../support/schema-walk';

/** What the matrix of `test/e2e/access-matrix.e2e-spec.ts` does not know, it cannot ask. Add the line to test/support/access-expectations.ts. */
it('it is said what every field of a root, every type and every route answers to whom, and of nothing that is not there', async () => {
  const schema = buildSchema((await printContracts()).graphql);
  const roots = ['Query', 'Mutation'];
  const types = Object.values(schema.getTypeMap()).filter(
    (type) =>
      (isCompositeType(type) || isUnionType(type)) &&
      !type.name.startsWith('__') &&
      !roots.includes(type.name),
  );
  expect(Object.keys(QUESTIONS).sort()).toEqual(
    rootFieldsOf(schema)
      .map(([name]) => name)
      .sort(),
  );
  expect(Object.values(TYPES).flat().sort()).toEqual(types.map(({ name }) => name).sort());
  expect(Object.keys(ROUTES).sort()).toEqual([...Object.keys(ROUTE_POLICIES), '/v1/heartbeats'].sort());
});
