// A deed that can be taken back: shown at once, done after some seconds, or when the page goes away.

const GRACE_MS = 5000;

export interface Deed {
  key: string;
  text: string;
  run: (leaving: boolean) => Promise<void>;
}

export class Later {
  private readonly waiting = new Map<string, { deed: Deed; timer: number }>();

  constructor(private readonly changed: () => void) {
    addEventListener("pagehide", () => this.flush(true));
  }

  /** A second deed of one key takes the place of the first. */
  put(deed: Deed): void {
    this.drop(deed.key);
    const timer = window.setTimeout(() => this.run(deed.key, false), GRACE_MS);
    this.waiting.set(deed.key, { deed, timer });
    this.changed();
  }

  drop(key: string): void {
    const found = this.waiting.get(key);
    if (!found) return;
    clearTimeout(found.timer);
    this.waiting.delete(key);
    this.changed();
  }

  get all(): Deed[] {
    return [...this.waiting.values()].map(({ deed }) => deed);
  }

  flush(leaving = false): void {
    for (const key of [...this.waiting.keys()]) this.run(key, leaving);
  }

  private run(key: string, leaving: boolean): void {
    const found = this.waiting.get(key);
    if (!found) return;
    clearTimeout(found.timer);
    this.waiting.delete(key);
    void found.deed.run(leaving).finally(this.changed);
  }
}
