import type { Heartbeat } from '../fleet/reporter';
import type { Enrolled } from './enrolled';

/** A report and who makes it; written anew with its age whenever it is sent. */
export type Report = { readonly heartbeat: Heartbeat; readonly enrolled: Enrolled };

/** One request: whose credential it shows, the reports as JSON, and what they are. */
export type Request = {
  readonly credential: string;
  readonly texts: readonly string[];
  readonly reports: readonly Report[];
};

/** What one request may carry: 1,000 items and 1 MiB; the rest of the MiB is room for the frame. */
const ITEMS_PER_REQUEST_MAX = 1_000;
const BYTES_PER_REQUEST_MAX = 1_000_000;

/** Reports in the order they come, cut into requests the wire accepts. */
export class Batches {
  readonly all: Request[] = [];
  private texts: string[] = [];
  private reports: Report[] = [];
  private bytes = 0;

  constructor(private readonly credential: string) {}

  add(text: string, report: Report): void {
    // Everything a report says is ASCII, so its length is its bytes; one more for the comma.
    const full =
      this.texts.length === ITEMS_PER_REQUEST_MAX || this.bytes + text.length + 1 > BYTES_PER_REQUEST_MAX;
    if (full || this.all.length === 0) {
      this.texts = [];
      this.reports = [];
      this.all.push({ credential: this.credential, texts: this.texts, reports: this.reports });
      this.bytes = 0;
    }
    this.texts.push(text);
    this.reports.push(report);
    this.bytes += text.length + 1;
  }
}
