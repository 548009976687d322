import { attestationStatus, type AttestationStatus } from '@app/recovery';
import { formatMachineKey } from '@app/storage';
import { toMachineView, type MachineReading, type MachineView, type MachineViewRow } from './machine-view';
import type { Organisation, PracticeContact } from './organisation-tree';
import type { OrganisationView } from './organisation-view';

/** Where a practice stands; null above it where the hierarchy does not say. */
export type PracticePlace = {
  readonly practice: {
    readonly code: string;
    readonly name: string | null;
    readonly contact: PracticeContact | null;
  };
  readonly icb: { readonly code: string; readonly name: string } | null;
  readonly region: { readonly code: string; readonly name: string } | null;
};

/** What people know of a machine, and lists do not show. Null: not known, or not there. */
export type KnownOfMachine = {
  readonly assetTag: string | null;
  /** Room or desk. */
  readonly location: string | null;
  readonly bitlockerKeyId: string | null;
  readonly bitlockerKeyEscrowed: boolean | null;
  /** Who takes care of it now. */
  readonly claim: { readonly assignee: string; readonly untilMs: number } | null;
  readonly tags: readonly string[];
  /** What has become of a person's word that it works. */
  readonly attestation: { readonly atMs: number; readonly status: AttestationStatus } | null;
  /** `2024-10-01` */
  readonly reviewOn: string | null;
  /** null: the register expects it, and it was never enrolled. */
  readonly enrolledAtMs: number | null;
  /** The identity of the machine that took its place. */
  readonly replacedBy: string | null;
  /** Its identity at the practice that it moved to. */
  readonly movedTo: string | null;
};

/**
 * Everything that is told of a machine in files: what lists show, where it stands and what people know of it. Kept apart and not
 * spread into one wide object, which took a third of the time of an export to make.
 */
export type ExportedMachine = {
  /** Its identity as people and agents know it. */
  readonly id: string;
  readonly view: MachineView;
  readonly place: PracticePlace;
  readonly known: KnownOfMachine;
};

/** A row of `machineExportQuery`. */
export type ExportRow = MachineViewRow & {
  readonly asset_tag: string | null;
  readonly location: string | null;
  readonly enrolled_at: Date | null;
  readonly moved_to: string | null;
  readonly bitlocker_key_id: string | null;
  readonly assignee: string | null;
  readonly assigned_until: Date | null;
  readonly review_on: string | null;
  readonly tags: readonly string[];
};

/** A row as it is told, with the place of its practice. */
export function toExportedMachine(
  row: ExportRow,
  place: PracticePlace,
  reading: MachineReading,
): ExportedMachine {
  const view = toMachineView(row, reading, '');
  return { id: formatMachineKey(view.key), view, place, known: knownOf(row, view, reading.nowMs) };
}

function knownOf(row: ExportRow, view: MachineView, nowMs: number): KnownOfMachine {
  const { assignee, assigned_until: until, attested_at: attestedAt } = row;
  const isClaimed = assignee !== null && until !== null && until.getTime() > nowMs;
  return {
    assetTag: row.asset_tag,
    location: row.location,
    bitlockerKeyId: row.bitlocker_key_id,
    bitlockerKeyEscrowed: row.bitlocker_key_escrowed,
    claim: isClaimed ? { assignee, untilMs: until.getTime() } : null,
    tags: row.tags,
    attestation:
      attestedAt === null
        ? null
        : { atMs: attestedAt.getTime(), status: attestationStatus(view, attestedAt.getTime()) },
    reviewOn: row.review_on,
    enrolledAtMs: row.enrolled_at?.getTime() ?? null,
    replacedBy:
      view.successorId === null
        ? null
        : formatMachineKey({ practiceId: view.key.practiceId, machineId: view.successorId }),
    movedTo: row.moved_to,
  };
}

/** Where a practice stands as somebody sees it. */
export function placeOfPractice(view: OrganisationView, code: string): PracticePlace {
  const practice = view.find(code);
  const icb = practice?.parentCode == null ? null : view.find(practice.parentCode);
  const region = icb?.parentCode == null ? null : view.find(icb.parentCode);
  return {
    practice: { code, name: practice?.name ?? null, contact: practice?.contact ?? null },
    ...{ icb: named(icb), region: named(region) },
  };
}

function named(organisation: Organisation | null): PracticePlace['icb'] {
  return organisation === null ? null : { code: organisation.code, name: organisation.name };
}
