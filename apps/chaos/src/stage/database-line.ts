import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { LOOPBACK } from './service-process';

/** The line between a service and its database, which can be cut, closed and held still. */
export class DatabaseLine {
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private closed = false;
  private held = false;

  private constructor(
    private readonly server: Server,
    private readonly targetPort: () => number,
  ) {
    server.on('connection', (socket) => this.join(socket));
  }

  static async open(targetPort: () => number): Promise<DatabaseLine> {
    const server = createServer();
    const line = new DatabaseLine(server, targetPort);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: LOOPBACK, port: 0 }, resolve);
    });
    return line;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Breaks every connection; new ones are let through. */
  cut(): void {
    for (const pair of this.pairs) for (const socket of pair) socket.destroy();
  }

  /** Breaks every connection and lets no new one through, until `reopen`. */
  close(): void {
    this.closed = true;
    this.cut();
  }

  reopen(): void {
    this.closed = false;
  }

  /** Lets nothing pass, and breaks nothing, until `release`. */
  hold(): void {
    this.held = true;
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  release(): void {
    this.held = false;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  async end(): Promise<void> {
    this.closed = true;
    this.cut();
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
  }

  private join(near: Socket): void {
    if (this.closed) {
      near.destroy();
      return;
    }
    const far = connect({ host: LOOPBACK, port: this.targetPort() });
    const pair = [near, far] as const;
    this.pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.setNoDelay(true);
      one.on('data', (chunk) => {
        if (!other.write(chunk)) one.pause();
      });
      one.on('drain', () => {
        if (!this.held) other.resume();
      });
      one.on('error', () => undefined);
      one.on('close', () => {
        other.destroy();
        this.pairs.delete(pair);
      });
      if (this.held) one.pause();
    }
  }
}
