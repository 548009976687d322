import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import { ROLES, type Role } from '@app/access';
import { getNamedType, type GraphQLResolveInfo } from 'graphql';
import type { Standing } from '../request-access';
import { POLICIES } from './field-policies';
import type { RequestContext } from './request-context';

/**
 * Hands a resolver where its sender stands: `@SenderStanding() { scope }: Standing`. The role is the one that the policies ask for at
 * this field, never one that the resolver names: somebody may look at progress everywhere and after machines in one place only.
 */
export const SenderStanding = createParamDecorator((_: unknown, host: ExecutionContext): Standing => {
  const resolving = GqlExecutionContext.create(host);
  const role = roleAt(resolving.getInfo<GraphQLResolveInfo>());
  return resolving.getContext<RequestContext>().access.standing(role);
});

/** The greatest role among those of the field, of the type it stands on and of the type it gives. */
function roleAt({ parentType, fieldName, returnType }: GraphQLResolveInfo): Role {
  const { fields, types } = POLICIES;
  const needs = [
    fields[`${parentType.name}.${fieldName}`],
    types[parentType.name]?.needs,
    types[getNamedType(returnType).name]?.needs,
  ];
  const role = needs.includes('NATIONAL_ADMIN') ? 'ADMIN' : ROLES.filter((one) => needs.includes(one)).pop();
  if (role === undefined) throw new Error(`${parentType.name}.${fieldName} takes no role`);
  return role;
}
