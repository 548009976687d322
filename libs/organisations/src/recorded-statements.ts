import { dayOf, startOfDay } from './calendar-date';
import type { KnownOrganisation } from './known-tree';
import type { Statement } from './statement';

/**
 * What is recorded of an organisation of which no statement is kept, as statements: it was imported before they
 * were. Its newest link was told by the file of its vintage; it may have begun before that day, and where it
 * begins later it was dated by the day of an import, which says nothing. So does an earlier link that begins on
 * or after the vintage.
 */
export function recordedStatements(organisation: KnownOrganisation): readonly Statement[] {
  const { code, level, name, vintage, links, practice } = organisation;
  if (level !== 'ICB' && level !== 'PRACTICE') return [];
  const vintageMs = vintage === null ? Infinity : startOfDay(vintage).getTime();
  const nothing = {
    ...{ postcode: null, address: null, telephone: null },
    ...{ openedOn: null, closedOn: null, supplier: null },
  };
  return links.flatMap(({ parentCode, startsAtMs }, i): Statement[] => {
    const isNewest = i === links.length - 1;
    const since = startsAtMs === null ? null : dayOf(startsAtMs);
    if (!isNewest && startsAtMs !== null && startsAtMs >= vintageMs) return [];
    const { postcode, address, telephone, openedOn, closedOn, supplier } =
      (isNewest ? practice : null) ?? nothing;
    return [
      {
        ...{ code, level, day: isNewest ? (vintage ?? since) : since, correction: 0, told: 'RECORDED', name },
        variant: 0,
        ...{ parentCode, regionCode: null, postcode, address, telephone, openedOn, closedOn, supplier },
        placedSinceMs: startsAtMs !== null && startsAtMs <= vintageMs ? startsAtMs : null,
      },
    ];
  });
}
