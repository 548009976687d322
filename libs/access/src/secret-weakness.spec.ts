import { randomBytes } from 'node:crypto';
import { keyWeakness, secretWeakness } from './secret-weakness';

it.each([
  'changeme-changeme-changeme-changeme',
  'ADMIN-TOKEN-ADMIN-TOKEN-ADMIN-TOKEN',
  'my-Password-that-is-really-quite-long',
  'abcdefgh0123456789abcdefgh0123456789',
  'x'.repeat(64),
  'abababababababababababababababababab',
])('sees through %s', (secret) => {
  expect(secretWeakness(secret)).not.toBeNull();
});

it('sees through keys that count or repeat', () => {
  const counted = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
  for (const key of [counted, Buffer.from(counted).reverse(), Buffer.alloc(32), Buffer.alloc(32, 'ab')]) {
    expect(keyWeakness(key)).not.toBeNull();
  }
});

it('lets random ones pass', () => {
  for (let i = 0; i < 500; i += 1) {
    const bytes = randomBytes(32);
    expect(secretWeakness(bytes.toString('hex')) ?? keyWeakness(bytes)).toBeNull();
  }
});
