import type { SeededRandom } from '../seeded-random';
import { inAddress, junkNumber, junkString, junkValue, randomText } from './junk';
import type { Loot } from './loot';
import type { HttpCase } from './http-case';

/** Questions and orders as people ask them; `?` stands for a value that is made up. */
const DOCUMENTS = [
  '{ recoveryProgress(by: ?e, within: ?s, asOf: ?s, knownAt: ?s) { asOf rows { organisation { odsCode } fleet } total { low { value } } } }',
  '{ unrecoveredMachines(first: ?n, after: ?c, orderBy: ?e) { edges { cursor node { id state failingTests } } pageInfo { endCursor } } }',
  '{ machines(first: ?n, after: ?c, filter: { within: [?s], hostname: ?s, serialNumber: ?s, lastHeardBefore: ?s }) { edges { cursor } } }',
  '{ machines(first: 5, filter: { state: [?e], exposure: [?e], group: [?e], identityConflict: ?b }) { edges { node { hostname } } } }',
  '{ machines(first: 2) { edges { node { transitions(first: ?n, after: ?c) { edges { node { at } } } } } } }',
  '{ machine(id: ?s) { id contact { lastHeardAt freshness } facts { fileVerdict } } }',
  '{ practice(odsCode: ?s) { name parent { odsCode } } organisation(odsCode: ?s) { level } }',
  '{ incident { id windowStart stopCodes } blindTimes(first: ?n, since: ?s) { from } lastReconciliation { at } }',
  'mutation { createEnrolmentToken(input: { organisation: ?s, maxUses: ?n, expiresAt: ?s }) { id } }',
  'mutation { createRelayCredential(input: { organisation: ?s, expiresAt: ?s }) { id } }',
  'mutation { revokeEnrolmentToken(id: ?s) revokeRelayCredential(id: ?s) revokeMachineCredential(machineId: ?s) }',
  'mutation { reportHeartbeats(input: { heartbeats: [{ bootId: ?s, seq: ?n, uptimeSeconds: ?n, bootMode: ?e }] }) { serverTime } }',
  'query Q($first: Int!, $within: ID) { machines(first: $first, filter: { within: [$within] }) { edges { cursor } } }',
  '{ __schema { types { name fields { name args { name } } } } __type(name: ?s) { name } }',
  'fragment A on Query { ...B } fragment B on Query { ...A } query { ...A }',
  'query { ...F @skip(if: ?b) @include(if: ?s) } fragment F on Query { incident { id @unknown } }',
  'subscription { incident { id } }',
  'query A { incident { id } } query B { incident { id } }',
] as const;

const ENUMS = [
  'REGION',
  'PRACTICE',
  'NATIONAL',
  'SINCE',
  'HOST_NAME',
  'RECOVERED',
  'CRASHED',
  'NORMAL',
  'x',
] as const;
const TOKENS = [
  '{',
  '}',
  '(',
  ')',
  '[',
  ']',
  ':',
  '!',
  '$',
  '@',
  '...',
  '"',
  '"""',
  '|',
  '&',
  '#',
  '\\',
  '0',
  '-',
  'on',
] as const;

/** A question to /graphql that is nearly right, or not at all. */
export function graphqlCase(random: SeededRandom, loot: Loot): HttpCase {
  const query = documentOf(random, loot);
  const variables = random.chance(0.3)
    ? junkValue(random)
    : { first: junkNumber(random), within: junkString(random) };
  const bearer = bearerOf(random, loot);
  if (random.chance(0.25)) return poll(random, query, variables, bearer);
  const content = random.chance(0.9)
    ? { query, variables, ...(random.chance(0.1) ? { operationName: junkValue(random, 0) } : {}) }
    : random.pick<unknown>([
        [{ query }, { query }],
        { query: junkValue(random) },
        { variables },
        { query, extensions: { persistedQuery: { version: 1, sha256Hash: junkString(random) } } },
        { query, extensions: junkValue(random) },
        junkValue(random),
      ]);
  return {
    label: 'POST /graphql',
    method: 'POST',
    path: '/graphql',
    headers: {
      'content-type': random.chance(0.95)
        ? 'application/json'
        : random.pick(['text/plain', 'application/graphql', 'application/x-www-form-urlencoded']),
    },
    body: JSON.stringify(content),
    bearer,
  };
}

function poll(random: SeededRandom, query: string, variables: unknown, bearer: string | null): HttpCase {
  const parts = [`query=${inAddress(query)}`];
  if (random.chance(0.5)) parts.push(`variables=${inAddress(JSON.stringify(variables))}`);
  if (random.chance(0.1)) parts.push('variables=%7B', 'query=%7B', 'extensions=1', '%zz');
  return {
    label: 'GET /graphql',
    method: 'GET',
    path: `/graphql?${random.shuffled(parts).join('&').slice(0, 12_000)}`,
    headers: {
      ...(random.chance(0.8) ? { 'apollo-require-preflight': '1' } : {}),
      ...(random.chance(0.2) ? { 'if-none-match': random.pick(['*', '"x"', 'W/', ',,,', '"']) } : {}),
      accept: random.pick(['application/json', 'text/html', '*/*', 'x']),
    },
    body: null,
    bearer,
  };
}

function bearerOf(random: SeededRandom, loot: Loot): string | null {
  const kind = random.whole(0, 9);
  if (kind < 7) return loot.adminToken;
  return kind < 9 ? random.pick(loot.machines).credential : null;
}

function documentOf(random: SeededRandom, loot: Loot): string {
  const kind = random.whole(0, 99);
  if (kind < 60) return filled(random.pick(DOCUMENTS), random, loot);
  if (kind < 80) return damaged(filled(random.pick(DOCUMENTS), random, loot), random);
  if (kind < 86) return `{ ${'a: incident { id } '.repeat(random.pick([10, 400, 3_000]))} }`;
  if (kind < 90) return '{ machine '.repeat(random.pick([20, 900, 5_000]));
  if (kind < 94)
    return `{ machines(first: 1, filter: { within: [${'"x",'.repeat(random.pick([10, 900]))}] }) { edges { cursor } } }`;
  if (kind < 97) return Array.from({ length: random.whole(1, 200) }, () => random.pick(TOKENS)).join(' ');
  return randomText(random, random.whole(0, 300));
}

function filled(template: string, random: SeededRandom, loot: Loot): string {
  return template.replace(/\?[nsebc]/g, (place) => {
    if (random.chance(0.1)) return random.pick(['null', '[]', '{}', '$x', '1e400', '""']);
    switch (place) {
      case '?n':
        return String(random.chance(0.5) ? random.whole(1, 100) : junkNumber(random));
      case '?e':
        return random.pick(ENUMS);
      case '?b':
        return random.pick(['true', 'false', '1']);
      case '?c':
        return JSON.stringify(cursorOf(random, loot));
      default:
        return JSON.stringify(random.chance(0.3) ? loot.practice : junkString(random).slice(0, 3_000));
    }
  });
}

/** A cursor of ours with a letter changed, or one that somebody made up. */
function cursorOf(random: SeededRandom, loot: Loot): string {
  if (random.chance(0.5)) {
    const at = random.whole(0, Math.max(0, loot.cursor.length - 1));
    return loot.cursor.slice(0, at) + random.pick(['A', '_', '=', '\u0000', '']) + loot.cursor.slice(at + 1);
  }
  const parts = ['m', 't', junkString(random).slice(0, 200), junkValue(random, 1)];
  return Buffer.from(JSON.stringify(random.shuffled(parts)), 'utf8')
    .toString('base64url')
    .slice(0, 4_000);
}

function damaged(document: string, random: SeededRandom): string {
  let text = document;
  for (let i = 0; i < random.whole(1, 4); i += 1) {
    const at = random.whole(0, text.length);
    const cut = random.whole(0, 6);
    text = text.slice(0, at) + (random.chance(0.5) ? random.pick(TOKENS) : '') + text.slice(at + cut);
  }
  return text;
}
