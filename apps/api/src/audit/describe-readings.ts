import type { AuditDescription, AuditDetails } from '@app/access';

/** What is asked of any list. */
export type ListAsked = {
  readonly filter?: object | null;
  readonly within?: string | null;
  readonly orderBy?: string | null;
  readonly first: number;
  readonly after?: string | null;
};
export type Listed = { readonly edges: readonly { readonly node: object }[] };
export type MachinesListed = { readonly edges: readonly { readonly node: { readonly id: string } }[] };

/** Whose machines were read: those from one to the other, in the order and by the filter that were asked for. */
export function describeMachineList(asked: ListAsked, answered?: MachinesListed): AuditDescription {
  const { edges = [] } = answered ?? {};
  return {
    details: {
      ...listDetails(asked, answered),
      orderBy: asked.orderBy ?? null,
      firstMachine: edges[0]?.node.id ?? null,
      lastMachine: edges[edges.length - 1]?.node.id ?? null,
    },
  };
}

/** Which machines were counted, by what. */
export function describeCount(
  { filter, by, first }: Pick<ListAsked, 'filter' | 'first'> & { readonly by: readonly string[] },
  answered?: { readonly groups: readonly object[] },
): AuditDescription {
  return { details: { ...filterDetails(filter), by, first, returned: answered?.groups.length ?? null } };
}

/** A page of practices without a working machine. */
export function describeStranded(
  { within, ...asked }: Omit<ListAsked, 'within'> & { readonly within?: readonly string[] | null },
  answered?: Listed,
): AuditDescription {
  return { details: { ...listDetails(asked, answered), stranded: true, within: within ?? null } };
}

/** What a file was asked for by: a route's query and body as they came, whatever they are. */
export type FileAsked = { readonly query: unknown; readonly body: unknown };

/** Whose machines were taken away in a file: those of the filter that was asked for. */
export function describeFile({ query, body }: FileAsked): AuditDescription {
  const { filter, format = 'CSV' } = { ...membersOf(query), ...membersOf(body) };
  return { details: { ...filterDetails(membersOf(filter)), format: String(format) } };
}

/** Whose machines were taken along on paper. */
export function describePrintedWorkList({ query }: FileAsked): AuditDescription {
  return { details: filterDetails(membersOf(membersOf(query)['filter'])) };
}

/** By an address objects come as JSON. */
function membersOf(asked: unknown): Readonly<Record<string, unknown>> {
  if (typeof asked === 'object' && asked !== null) return { ...asked };
  if (typeof asked !== 'string') return {};
  try {
    return membersOf(JSON.parse(asked));
  } catch {
    return {};
  }
}

/** A page of a work list, and whose. */
export function describeWorkList(
  { assignee, ...asked }: ListAsked & { readonly assignee?: string | null },
  answered?: Listed,
): AuditDescription {
  return { details: { ...listDetails(asked, answered), assignee: assignee ?? null } };
}

/** A page of anything else. */
export function describeList(asked: ListAsked, answered?: Listed): AuditDescription {
  return { organisation: asked.within ?? null, details: listDetails(asked, answered) };
}

function listDetails(asked: ListAsked, answered?: Listed): AuditDetails {
  return {
    ...filterDetails(asked.filter),
    first: asked.first,
    further: asked.after == null ? null : true,
    returned: answered === undefined ? null : answered.edges.length,
  };
}

/** A page of where the register and the machines disagree. */
export function describeFindings(
  asked: ListAsked & { readonly finding: string },
  answered?: Listed,
): AuditDescription {
  const { organisation = null, details = {} } = describeList(asked, answered);
  return { organisation, details: { ...details, finding: asked.finding } };
}

/** A filter's conditions as they were given. Each is text, a number, a moment or a list of them; what is deeper is told as JSON. */
export function filterDetails(filter: object | null | undefined): AuditDetails {
  const given = Object.entries(filter ?? {}).filter(([, value]) => value != null);
  return Object.fromEntries(given.map(([name, value]) => [name, simple(value)]));
}

function simple(value: unknown): AuditDetails[string] {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
  // With spaces, so that what is no secret in it is not taken for one long run of characters.
  return JSON.stringify(value, null, 1).replace(/\s+/g, ' ');
}
