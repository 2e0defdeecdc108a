// A deed that can be taken back: shown at once, done after some seconds, or when the page goes away.

const GRACE_MS = 5000;

export interface Deed {
  key: string;
  text: string;
  run: (leaving: boolean) => Promise<void>;
  /** Called when it is taken back. */
  undone?: () => void;
}

const every = new Set<Later>();

/** Everything that waits is done now: before one signs out, because nothing can be done afterwards. */
export const settle = (): Promise<unknown> => Promise.all([...every].map((later) => later.flush()));

export class Later {
  private readonly waiting = new Map<string, { deed: Deed; timer: number }>();

  constructor(private readonly changed: () => void) {
    every.add(this);
    addEventListener("pagehide", () => this.flush(true));
  }

  /** A second deed of one key takes the place of the first. */
  put(deed: Deed): void {
    clearTimeout(this.waiting.get(deed.key)?.timer);
    const timer = window.setTimeout(() => this.run(deed.key, false), GRACE_MS);
    this.waiting.set(deed.key, { deed, timer });
    this.changed();
  }

  /** Takes it back. */
  drop(key: string): void {
    const found = this.waiting.get(key);
    if (!found) return;
    clearTimeout(found.timer);
    this.waiting.delete(key);
    found.deed.undone?.();
    this.changed();
  }

  get all(): Deed[] {
    return [...this.waiting.values()].map(({ deed }) => deed);
  }

  flush(leaving = false): Promise<unknown> {
    return Promise.all([...this.waiting.keys()].map((key) => this.run(key, leaving)));
  }

  private async run(key: string, leaving: boolean): Promise<void> {
    const found = this.waiting.get(key);
    if (!found) return;
    clearTimeout(found.timer);
    this.waiting.delete(key);
    await found.deed.run(leaving).finally(this.changed);
  }
}
