/** Whether the service is on its way out: not ready for anything new, still finishing what it accepted. */
export class ServiceLife {
  private stopping = false;

  get isStopping(): boolean {
    return this.stopping;
  }

  beginStop(): void {
    this.stopping = true;
  }
}
