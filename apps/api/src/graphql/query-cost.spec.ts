import { buildSchema, parse, validate, type OperationDefinitionNode } from 'graphql';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { priceQuery, requireBoundedLists, TooManyPathsError, type PricedQuery } from './query-cost';
import { measureQuery, type QueryShape } from './query-shape';

const schema = buildSchema(readFileSync(join(__dirname, '../../schema.graphql'), 'utf8'));

function price(text: string, variables: Record<string, unknown> = {}): PricedQuery {
  const document = parse(text);
  expect(validate(schema, document)).toEqual([]);
  return priceQuery(schema, document, document.definitions[0] as OperationDefinitionNode, variables);
}

function requested(text: string, variables: Record<string, unknown> = {}): number {
  return price(text, variables).requestedPoints;
}

function shape(text: string): QueryShape {
  const document = parse(text);
  return measureQuery(document, document.definitions[0] as OperationDefinitionNode);
}

/** Fragments that each use the next one twice: 2^30 fields in 300 tokens. */
function doubling(levels: number): string {
  const fragments = Array.from(
    { length: levels },
    (_, level) =>
      `fragment F${level} on Organisation { a: parent { ...F${level + 1} } b: parent { ...F${level + 1} } }`,
  );
  return `{ organisation(odsCode: "A") { ...F0 } } ${fragments.join(' ')} fragment F${levels} on Organisation { name }`;
}

describe('the price of an operation', () => {
  it('is a point for each object, and never nothing', () => {
    expect(requested('{ incident { name } }')).toBe(1);
    expect(requested('{ __typename }')).toBe(1);
    expect(requested('{ organisation(odsCode: "A") { name parent { name parent { name } } } }')).toBe(3);
    expect(requested('mutation { revokeEnrolmentToken(id: 1) }')).toBe(10);
  });

  it('multiplies by the page of every connection on the way', () => {
    const transitions = 'edges { node { at } } pageInfo { hasNextPage }';
    const machines = (page: string, inner: string): string =>
      `{ machines(first: ${page}) { edges { node { ${inner} } } } }`;
    expect(requested(machines('50', 'hostname facts { osBuild } contact { freshness }'))).toBe(2 + 50);
    expect(requested(machines('50', 'practice { name }'))).toBe(2 + 50 * 2);
    expect(requested(machines('100', `transitions(first: 100) { ${transitions} }`))).toBe(
      2 + 100 * (1 + 2 + 100),
    );
    expect(requested(machines('0', `transitions(first: 100) { ${transitions} }`))).toBe(2);
  });

  it('takes variables as they come, and what is no page for the largest one', () => {
    const query = 'query ($first: Int! = 7) { machines(first: $first) { edges { node { id } } } }';
    expect(requested(query)).toBe(2 + 7);
    expect(requested(query, { first: 20 })).toBe(2 + 20);
    for (const first of [1e9, -5, '20', null, {}, Number.NaN, true])
      expect(requested(query, { first })).toBe(2 + 100);
  });

  it('knows how many rows an answer about progress can have', () => {
    const progress = (args: string): number =>
      requested(
        `{ recoveryProgress${args} { rows { organisation { name } low { value } } total { fleet } } }`,
      );
    expect(progress('')).toBe(1 + 7 * 2 + 1);
    expect(progress('(by: PRACTICE)')).toBe(1 + 6_600 * 2 + 1);
    expect(progress('(by: PRACTICE, within: "ENGLAND")')).toBe(1 + 6_600 * 2 + 1);
    expect(progress('(by: PRACTICE, within: "Y62")')).toBe(1 + 1_400 * 2 + 1);
    expect(progress('(by: PRACTICE, within: "QOP")')).toBe(1 + 400 * 2 + 1);
    expect(progress('(by: PRACTICE, within: "P82011")')).toBe(1 + 1 * 2 + 1);
    expect(progress('(by: ICB, within: "Y62")')).toBe(1 + 42 * 2 + 1);
  });

  it('counts what is asked for twice under one name once, and under two names twice', () => {
    const page = (name: string): string => `${name}machines(first: 10) { edges { node { id } } }`;
    expect(requested(`{ ${page('')} ${page('')} }`)).toBe(12);
    expect(requested(`{ ${page('a: ')} ${page('b: ')} }`)).toBe(24);
    const spread = `query { ...A ...B } fragment A on Query { ${page('')} } fragment B on Query { ... on Query { ${page('')} } }`;
    expect(requested(spread)).toBe(12);
  });

  it('is what the answer really held once it is there', () => {
    const query = price(
      '{ machines(first: 100) { edges { node { id practice { name } } } pageInfo { endCursor } } }',
    );
    expect(query.requestedPoints).toBe(202);
    const node = { id: 'a', practice: { name: 'b' } };
    expect(query.actualPoints({ machines: { edges: [{ node }, { node }], pageInfo: {} } })).toBe(2 + 4);
    expect(query.actualPoints({ machines: { edges: [{ node: { id: 'a', practice: null } }] } })).toBe(3);
    for (const nothing of [null, undefined, { machines: null }]) {
      expect(query.actualPoints(nothing)).toBeLessThanOrEqual(2);
    }
  });

  it('is not worked out for ever', () => {
    expect(() => price(doubling(40))).toThrow(TooManyPathsError);
    expect(requested(doubling(3))).toBe(1 + 2 + 4 + 8);
  });
});

describe('lists', () => {
  it('are all bounded, and one without a bound keeps the service from starting', () => {
    expect(() => requireBoundedLists(schema)).not.toThrow();
    const forgotten = buildSchema(
      'type Query { lines(by: String): [Row!]! } type Row { id: ID! tags: [String!] parts: [Row!] }',
    );
    expect(() => requireBoundedLists(forgotten)).toThrow('nothing bounds the lists Query.lines, Row.parts');
  });

  it('of how every practice works are priced as long as they are, also under many names', () => {
    const rows =
      '{ rows { practices modes { mode practices } usabilities { usability } causes { cause } suppliers { modes { mode } } } }';
    const one = `{ operationProgress(by: PRACTICE, asOf: "2024-07-22T08:00:00Z") ${rows} }`;
    // 6,394 practices with an empty fleet took 1.4 s of the process.
    expect(requested(one)).toBe(100 + 1 + 6_600 * (1 + 10));
    expect(requested(`{ operationProgress(by: PRACTICE, within: "QOP") ${rows} }`)).toBe(100 + 1 + 400 * 11);
    expect(requested('{ operationProgress(by: PRACTICE) { rows { practices } } }')).toBe(100 + 1 + 6_600);
  });
});

describe('the shape of an operation', () => {
  it('is measured through fragments', () => {
    const query = `query { one: incident { id } ...Q ... on Query { two: incident { id } } }
      fragment Q on Query { organisation(odsCode: "A") { parent { ...O } } }
      fragment O on Organisation { parent { up: parent { name } } }`;
    expect(shape(query)).toEqual({ depth: 5, aliases: 3, rootFields: 3 });
  });

  it('is measured at once, however often fragments use each other', () => {
    expect(shape(doubling(40))).toMatchObject({ depth: 42, rootFields: 1 });
    expect(shape(doubling(40)).aliases).toBeGreaterThan(1e12);
  });

  it('leaves introspection out', () => {
    expect(shape('{ __schema { types { fields { type { ofType { name } } } } } }')).toEqual({
      depth: 0,
      aliases: 0,
      rootFields: 0,
    });
  });
});
