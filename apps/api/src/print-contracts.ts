import 'reflect-metadata';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printContracts } from './contracts';

/** `npm run generate`: writes the interface documents to where they are committed. */
async function main(): Promise<void> {
  const contracts = await printContracts();
  writeFileSync(join('apps', 'api', 'schema.graphql'), contracts.graphql);
  writeFileSync(join('apps', 'api', 'openapi.json'), contracts.openApi);
  writeFileSync(join('apps', 'api', 'public-operations.json'), contracts.publicOperations);
}

void main();
