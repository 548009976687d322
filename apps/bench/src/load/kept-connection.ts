import { HttpConnection, type Answer } from './http-connection';

/**
 * A connection that is opened when a request first needs it, and anew when the server has closed it meanwhile: servers close
 * what nobody uses. A request that was under way when the line broke has failed, since it may have been carried out.
 */
export class KeptConnection {
  private connection: HttpConnection | null = null;
  private isOver = false;

  constructor(private readonly port: number) {}

  /** Sends a whole request, head and body; one at a time. */
  send(request: Buffer, done: (answer: Answer) => void, failed: (error: Error) => void): void {
    if (this.connection?.isOpen === true) {
      this.connection.send(request, done, failed);
      return;
    }
    HttpConnection.open(this.port).then((opened) => {
      this.connection = opened;
      if (this.isOver) opened.close();
      else opened.send(request, done, failed);
    }, failed);
  }

  /** Nobody is answered any more. */
  close(): void {
    this.isOver = true;
    this.connection?.close();
  }
}
