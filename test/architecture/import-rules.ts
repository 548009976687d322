import architecture from './architecture.json';
import type { HouseRule } from './house-rule';
import { at, importsOf, isTest, targetOf, unitOf, type Import, type SourceFile } from './source-file';

type Unit = { readonly mayImport: readonly string[]; readonly reason: string };
type Door = { readonly names: readonly string[]; readonly reason: string };

/** What each app and library may import; the table that the linter reads too. */
export const UNITS: Readonly<Record<string, Unit>> = architecture.units;

/** The files of the service that may import the storage library, each with the names it may take. */
export const STORAGE_DOORS: Readonly<Record<string, Door>> = architecture.storageDoors;

const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = architecture.packageHomes;
const OWN = '@app/';

/** The rules about who may import what. */
export const IMPORT_RULES: readonly HouseRule[] = [
  {
    name: 'apps and libraries import along the arrows only',
    check: (file) =>
      isTest(file.path)
        ? []
        : importsOf(file).flatMap((one) => {
            if (!one.specifier.startsWith(OWN)) return [];
            const refusal = arrowRefusal(file.path, one);
            return refusal === null ? [] : [`${at(file, one.line)} ${refusal}`];
          }),
    breaks: [
      ['libs/recovery/src/decide.ts', `import { Database } from '@app/storage';`],
      ['libs/progress/src/machine.reader.ts', `import type { Report } from '@app/tracking';`],
      ['libs/storage/src/codes.ts', `export { SweepSilence } from '@app/tracking';`],
      ['libs/tracking/src/sweep-silence.ts', `type Reader = import('@app/progress').ProgressReader;`],
      ['apps/simulator/src/fleet.ts', `import { DAY_MS } from '@app/recovery';`],
      ['apps/api/src/settings.ts', `import { Database } from '@app/storage';`],
      ['apps/api/src/http/to-refusal.ts', `import { isDatabaseFailure, saveDecisions } from '@app/storage';`],
      ['apps/api/src/app.module.ts', `import * as storage from '@app/storage';`],
      ['libs/unheard-of/src/index.ts', `import { decideHeartbeat } from '@app/recovery';`],
    ],
    keeps: [
      ['libs/tracking/src/sweep-silence.ts', `import { decideSilence } from '@app/recovery';`],
      ['apps/api/src/http/to-refusal.ts', `import { isDatabaseFailure } from '@app/storage';`],
      ['libs/recovery/src/decide.spec.ts', `import { Database } from '@app/storage';`],
    ],
  },
  {
    name: 'a library is entered through its barrel, and never by way of its files',
    check: (file) =>
      importsOf(file).flatMap((one) => {
        const refusal = one.specifier.startsWith(OWN)
          ? barrelRefusal(file.path, one)
          : relativeRefusal(file, one);
        return refusal === null ? [] : [`${at(file, one.line)} ${refusal}`];
      }),
    breaks: [
      ['libs/tracking/src/sweep-silence.ts', `import { decideSilence } from '@app/recovery/src/silence';`],
      ['libs/tracking/src/sweep-silence.ts', `import { decideSilence } from '../../recovery/src/silence';`],
      ['libs/tracking/src/sweep-silence.ts', `import { ReportHeartbeats } from '@app/tracking';`],
      ['libs/tracking/src/sweep-silence.ts', `import { aMachine } from '../../../test/support/fleet';`],
      [
        'libs/tracking/src/sweep-silence.spec.ts',
        `import { decideSilence } from '../../recovery/src/silence';`,
      ],
      ['libs/tracking/src/sweep-silence.ts', `import { ReportHeartbeats } from './index';`],
      ['libs/tracking/src/sweep-silence.ts', `import { ReportHeartbeats } from '.';`],
      ['apps/simulator/src/fleet.ts', `const settings = require('../../api/src/settings');`],
      ['apps/api/src/main.ts', `import { aReport } from './report.spec';`],
      ['test/e2e/silence.e2e-spec.ts', `import { decideSilence } from '@app/recovery/src/silence';`],
    ],
    keeps: [
      ['libs/tracking/src/sweep-silence.spec.ts', `import { aMachine } from '../../../test/support/fleet';`],
      ['libs/storage/src/embedded/server-log.ts', `import { isDatabaseFailure } from '../database';`],
      [
        'test/storage/embedded-postgres.spec.ts',
        `import { startEmbeddedPostgres } from '../../libs/storage/src/embedded-postgres';`,
      ],
    ],
  },
  {
    name: 'the rules import nothing but each other',
    check: (file) =>
      !file.path.startsWith('libs/recovery/') || isTest(file.path)
        ? []
        : importsOf(file).flatMap((one) =>
            one.specifier.startsWith('.')
              ? []
              : [
                  `${at(file, one.line)} imports ${one.specifier}: the rules are plain TypeScript; pass in what it would have given`,
                ],
          ),
    breaks: [
      ['libs/recovery/src/policy.ts', `import { readFileSync } from 'node:fs';`],
      ['libs/recovery/src/policy.ts', `import { createHash } from 'crypto';`],
      ['libs/recovery/src/policy.ts', `import type { Pool } from 'pg';`],
    ],
    keeps: [
      ['libs/recovery/src/policy.ts', `import { HOUR_MS } from './clock';`],
      ['libs/recovery/src/policy.spec.ts', `import fc from 'fast-check';`],
    ],
  },
  {
    name: 'a package is imported where it is at home',
    check: (file) =>
      isTest(file.path)
        ? []
        : importsOf(file).flatMap((one) => {
            const homes = homesOf(one);
            return homes === null || homes.some((home) => file.path.startsWith(home))
              ? []
              : [`${at(file, one.line)} imports ${one.specifier}, which stays in ${homes.join(', ')}`];
          }),
    breaks: [
      ['libs/access/src/enrolment-tokens.ts', `import { Repository } from 'typeorm';`],
      ['libs/progress/src/machine.reader.ts', `import type { DataSource } from 'typeorm';`],
      ['libs/progress/src/machine.reader.ts', `import { Pool } from 'pg';`],
      ['libs/tracking/src/sweep-silence.ts', `import { Injectable } from '@nestjs/common';`],
      ['libs/progress/src/machine.reader.ts', `import { GraphQLError } from 'graphql';`],
      ['apps/api/src/http/bearer.ts', `import { GraphQLError } from 'graphql';`],
      ['libs/access/src/admin-token.ts', `import type { FastifyRequest } from 'fastify';`],
      ['apps/simulator/src/fleet.ts', `import { ApolloServer } from '@apollo/server';`],
    ],
    keeps: [
      ['libs/progress/src/machine.reader.ts', `import type { Pool } from 'pg';`],
      ['libs/storage/src/data-source.ts', `import { DataSource } from 'typeorm';`],
      ['apps/api/src/graphql/cursor.ts', `import { GraphQLError } from 'graphql';`],
    ],
  },
];

/** Arrows of the table that no file uses: the table is a map, not a wish. */
export function unusedArrows(
  files: readonly SourceFile[],
  units = UNITS,
  doors = STORAGE_DOORS,
): readonly string[] {
  const used = new Set<string>();
  for (const file of files.filter(({ path }) => !isTest(path))) {
    for (const one of importsOf(file).filter(({ specifier }) => specifier.startsWith(OWN))) {
      used.add(`${unitOf(file.path)} → ${libraryOf(one)}`);
      for (const name of one.names) used.add(`${file.path} → ${one.specifier} ${name}`);
    }
  }
  const arrows = Object.entries(units).flatMap(([unit, { mayImport }]) =>
    mayImport.map((lib) => `${unit} → ${lib}`),
  );
  const names = Object.entries(doors).flatMap(([path, door]) =>
    door.names.map((name) => `${path} → @app/storage ${name}`),
  );
  return [...arrows, ...names].filter((arrow) => !used.has(arrow));
}

function arrowRefusal(path: string, one: Import): string | null {
  const unit = UNITS[unitOf(path)];
  if (unit === undefined)
    return `${unitOf(path)} has no row in architecture.json: say there what it may import, and why`;
  const library = libraryOf(one);
  if (unit.mayImport.includes(library) || OWN + unitOf(path).slice('libs/'.length) === one.specifier)
    return null;
  const door = library === 'storage' ? STORAGE_DOORS[path] : undefined;
  if (door === undefined)
    return `imports ${one.specifier}, but ${unitOf(path)} may import only: ${unit.mayImport.join(', ') || 'nothing'}`;
  const strangers = one.names.filter((name) => !door.names.includes(name));
  if (one.names.length > 0 && strangers.length === 0) return null;
  return `may take ${door.names.join(', ')} from storage, and not ${strangers.join(', ') || 'all of it'}`;
}

function barrelRefusal(path: string, { specifier }: Import): string | null {
  if (specifier === OWN + unitOf(path).slice('libs/'.length))
    return `imports its own barrel: use a relative path`;
  if (specifier.split('/').length > 2)
    return `imports ${specifier}: use the barrel @app/${specifier.split('/')[1] ?? ''}`;
  return null;
}

/** Tests may look at any file of any unit; a spec beside a source only at its own unit and at the test support. */
function relativeRefusal(file: SourceFile, one: Import): string | null {
  const target = targetOf(file, one);
  if (target === null || unitOf(file.path) === 'test') return null;
  if (unitOf(target) !== unitOf(file.path)) {
    if (isTest(file.path) && target.startsWith('test/support/')) return null;
    return `leaves ${unitOf(file.path)} for ${target}: another library is imported as @app/<library>, another app not at all`;
  }
  if (!isTest(file.path) && target.endsWith('.spec')) return `imports a test`;
  return /\/src(\/index)?$/.test(target) ? 'imports its own barrel: name the file' : null;
}

/** Where a package may be imported; null when anywhere. Types of pg may go wherever a connection is handed to. */
function homesOf(one: Import): readonly string[] | null {
  if (one.specifier === 'pg' && one.typeOnly) return null;
  const names = Object.keys(PACKAGE_HOMES).filter(
    (name) => one.specifier === name || one.specifier.startsWith(name.endsWith('/') ? name : `${name}/`),
  );
  const [nearest] = names.sort((a, b) => b.length - a.length);
  return nearest === undefined ? null : (PACKAGE_HOMES[nearest] ?? null);
}

function libraryOf({ specifier }: Import): string {
  return specifier.split('/')[1] ?? '';
}
