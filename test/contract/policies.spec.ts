import 'reflect-metadata';
import { buildSchema } from 'graphql';
import { printContracts } from '../../apps/api/src/contracts';
import { POLICIES } from '../../apps/api/src/graphql/field-policies';
import { findUncovered } from '../../apps/api/src/graphql/guard-schema';

it('a policy says of every root field and of every type who may ask for it, and none is left of what is gone', async () => {
  const { graphql } = await printContracts();
  expect(findUncovered(buildSchema(graphql), POLICIES)).toEqual([]);
});
