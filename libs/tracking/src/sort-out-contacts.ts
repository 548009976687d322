import {
  continued,
  fingerprintOf,
  isContinuation,
  startOfSession,
  type Footing,
  type Rules,
} from '@app/recovery';
import { inWriteOrder, type Contact, type MachineKey } from '@app/storage';
import type { KnownMachine, KnownMachines } from './known-machines';
import type { ReportItem } from './report-item';

/** A machine of a batch that only goes on saying what it said before, with its heartbeats in the order in which they came. */
export type ContactGroup = {
  readonly key: MachineKey;
  /** What was known when the batch began. */
  readonly known: KnownMachine;
  /** Where the machine stands after its heartbeats. */
  footing: Footing;
  startedAtMs: number;
  readonly items: ReportItem[];
};

/**
 * Divides a batch into machines that merely continue, and the heartbeats of all others, which have to be decided. Both keep their
 * order. All heartbeats of a machine go the same way, so that none overtakes another.
 */
export function sortOutContacts(
  items: readonly ReportItem[],
  machines: KnownMachines,
  rules: Rules,
): { readonly contacts: ContactGroup[]; readonly others: readonly ReportItem[] } {
  const groups = new Map<string, ContactGroup | 'TO_BE_DECIDED'>();
  const others: ReportItem[] = [];
  for (const item of items) {
    const { machineId } = item.key;
    const group = groups.get(machineId) ?? openGroup(item, machines);
    if (group !== 'TO_BE_DECIDED' && joins(group, item, rules)) {
      if (group.items.length === 1) groups.set(machineId, group);
      continue;
    }
    if (group !== 'TO_BE_DECIDED') others.push(...group.items);
    others.push(item);
    groups.set(machineId, 'TO_BE_DECIDED');
  }
  const contacts: ContactGroup[] = [];
  for (const group of groups.values()) if (group !== 'TO_BE_DECIDED') contacts.push(group);
  return { contacts: inWriteOrder(contacts, (group) => group.key), others };
}

/** The contact to be written for a machine. */
export function toContact({ key, known, footing, startedAtMs }: ContactGroup): Contact {
  return {
    key,
    version: known.version,
    heardAtMs: footing.heardAtMs,
    heardStartedAtMs: startedAtMs,
    heardSeq: footing.seq,
  };
}

function openGroup(item: ReportItem, machines: KnownMachines): ContactGroup | 'TO_BE_DECIDED' {
  const known = machines.get(item.key.machineId);
  if (known === null) return 'TO_BE_DECIDED';
  return { key: item.key, known, footing: known.footing, startedAtMs: 0, items: [] };
}

function joins(group: ContactGroup, item: ReportItem, rules: Rules): boolean {
  const { heartbeat, receivedAtMs, generation, key } = item;
  if (generation !== null && generation !== group.known.generation) return false;
  if (key.practiceId !== group.key.practiceId) return false;
  if (!isContinuation(group.footing, heartbeat, fingerprintOf(heartbeat), receivedAtMs, rules)) return false;
  group.footing = continued(group.footing, heartbeat, receivedAtMs);
  group.startedAtMs = startOfSession(group.footing.heardAtMs, heartbeat.uptimeMs);
  group.items.push(item);
  return true;
}
