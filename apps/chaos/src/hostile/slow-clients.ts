import { connect, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { Findings } from '../scenario';
import { LOOPBACK } from '../stage/service-process';
import type { Loot } from './loot';

/** One of each kind is sent so many times. */
const EACH = 15;
const TRICKLE_EVERY_MS = 1_000;
/** The service cuts requests that take more than half a minute, and looks for them every half minute. */
const CUT_WITHIN_MS = 75_000;

type SlowClient = { readonly kind: string; readonly socket: Socket; text: string; closed: boolean };

/** Clients that open a request and never finish it, a byte at a time, as long as they are let. */
export class SlowClients {
  private readonly startedMs = performance.now();
  private readonly timer: NodeJS.Timeout;

  private constructor(private readonly clients: readonly SlowClient[]) {
    this.timer = setInterval(() => {
      for (const { socket, closed } of clients) if (!closed) socket.write('a');
    }, TRICKLE_EVERY_MS);
  }

  static connect(url: string, { machines }: Loot): SlowClients {
    const credential = machines[0]?.credential ?? '';
    const line = 'POST /v1/heartbeats HTTP/1.1\r\nhost: 127.0.0.1\r\n';
    const beginnings = new Map([
      [
        'a slow body',
        `${line}authorization: Bearer ${credential}\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n{`,
      ],
      ['slow headers', `${line}x-slow: `],
      [
        'a slow body of a stranger',
        `${line}authorization: Bearer x\r\ncontent-type: application/json\r\ncontent-length: 9000\r\n\r\n{`,
      ],
    ]);
    const port = Number(new URL(url).port);
    const clients = [...beginnings].flatMap(([kind, beginning]) =>
      Array.from({ length: EACH }, () => open(kind, beginning, port)),
    );
    return new SlowClients(clients);
  }

  /** Waits until the service has had its time; whoever is still connected is a finding. @returns how many, and how many were cut */
  async end(findings: Findings): Promise<string> {
    while (performance.now() - this.startedMs < CUT_WITHIN_MS && this.clients.some(({ closed }) => !closed))
      await pause(TRICKLE_EVERY_MS);
    clearInterval(this.timer);
    const left = this.clients.filter(({ closed }) => !closed);
    for (const kind of new Set(left.map((client) => client.kind)))
      findings.add(`${kind} holds its connection for longer than ${CUT_WITHIN_MS / 1_000} s`);
    for (const { kind, text } of this.clients)
      if (text !== '' && !/"code":"[A-Z_]+"/.test(text))
        findings.add(`${kind} was answered without a code: ${text.slice(0, 200)}`);
    for (const { socket } of this.clients) socket.destroy();
    return `${this.clients.length}, ${this.clients.length - left.length}`;
  }
}

function open(kind: string, beginning: string, port: number): SlowClient {
  const socket = connect({ host: LOOPBACK, port });
  const client: SlowClient = { kind, socket, text: '', closed: false };
  socket.on('connect', () => socket.write(beginning));
  socket.on('data', (chunk: Buffer) => {
    client.text += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    client.closed = true;
  });
  return client;
}
