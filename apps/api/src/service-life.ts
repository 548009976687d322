/** Whether the service is on its way out: not ready for anything new, still finishing what it accepted. */
export class ServiceLife {
  private stopping = false;
  private readonly listeners: (() => void)[] = [];

  get isStopping(): boolean {
    return this.stopping;
  }

  /** Calls back once, when the stop begins. */
  onStop(listener: () => void): void {
    this.listeners.push(listener);
  }

  beginStop(): void {
    this.stopping = true;
    for (const listener of this.listeners.splice(0)) listener();
  }
}
