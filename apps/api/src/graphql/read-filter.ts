import { Injectable } from '@nestjs/common';
import { GraphQLSchemaHost } from '@nestjs/graphql';
import { ReaderError, type MachineFilter, type OrganisationView } from '@app/progress';
import { coerceInputValue, isInputObjectType } from 'graphql';
import { withKnownOrganisations } from './known-organisations';
import { toMachineFilter, type MachineFilterInput } from './machine-filter.input';
import { RefusedRequest } from '../http/refusal';

/** Name of the one filter in the schema. */
const FILTER_TYPE = 'MachineFilter';
/** Levels of JSON within a filter that is as deep as filters may be, and some. */
const LEVELS_MAX = 16;
/** GraphQL's guess at what was meant, which tells of the schema. */
const SUGGESTION = / Did you mean .*$/s;

/** Reads filters that come over HTTP. */
@Injectable()
export class ReadFilter {
  constructor(private readonly host: GraphQLSchemaHost) {}

  /**
   * A filter in JSON, read exactly as GraphQL reads it from variables: the same names, words and moments, nothing left over.
   *
   * @param organisations as the sender sees them
   * @throws RefusedRequest BAD_REQUEST, saying where it is wrong
   */
  read(json: unknown, organisations: OrganisationView): MachineFilter {
    if (json === undefined || json === null) return {};
    if (isDeeper(json, LEVELS_MAX)) throw refused('filter: nests too deep');
    const type = this.host.schema.getType(FILTER_TYPE);
    if (!isInputObjectType(type)) throw new Error(`the schema has no input ${FILTER_TYPE}`);
    const problems: string[] = [];
    const input: unknown = coerceInputValue(json, type, (path, _value, error) => {
      problems.push(`${['filter', ...path].join('.')}: ${error.message.replace(SUGGESTION, '')}`);
    });
    const [problem] = problems;
    if (problem !== undefined) throw refused(problem);
    try {
      return toMachineFilter(withKnownOrganisations(input as MachineFilterInput, organisations, 'filter'));
    } catch (error) {
      throw error instanceof ReaderError ? refused(error.message) : error;
    }
  }
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((one) => isDeeper(one, levels - 1));
}

function refused(message: string): RefusedRequest {
  return new RefusedRequest('BAD_REQUEST', message);
}
