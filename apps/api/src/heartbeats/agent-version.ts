/** Different agents told apart in metrics; a fleet runs a few. */
const AGENTS_TOLD_APART_MAX = 50;
/** Neither a version nor a product is longer. */
const LABEL = /^[\w.+/-]{1,48}$/;
/** Products in a User-Agent that say nothing: nearly every client calls itself so. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(['Mozilla']);

/** Nothing was said of it. */
const UNKNOWN = 'unknown';
/** One that is none, or one more than are told apart. */
const OTHER = 'other';

/**
 * The agent's version as a label of metrics: what its report says, else the first product of its User-Agent with a version
 * (`RecoveryAgent/2.1`, `WindowsPowerShell/5.1.22621`). The number of different labels is bounded, because senders choose them.
 */
export class AgentVersions {
  private readonly known = new Set<string>();

  labelOf(agentVersion: string | null, userAgent: string | undefined): string {
    const label = agentVersion ?? productIn(userAgent ?? '');
    if (label === null) return UNKNOWN;
    if (this.known.has(label)) return label;
    if (!LABEL.test(label) || this.known.size >= AGENTS_TOLD_APART_MAX) return OTHER;
    this.known.add(label);
    return label;
  }
}

function productIn(userAgent: string): string | null {
  for (const [, product = '', version = ''] of userAgent.slice(0, 512).matchAll(/([\w.+-]+)\/([\w.+-]+)/g)) {
    if (!SAYS_NOTHING.has(product)) return `${product}/${version}`;
  }
  return null;
}
