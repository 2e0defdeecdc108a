// Waiting, failed, there: the three states of everything that a page asks for.

import { LitElement, html, nothing, type TemplateResult } from "lit";
import type { Page as Paged } from "../base/types";
import { controls } from "../design/controls";
import { places } from "../design/places";

const GONE = new Set([401, 403, 404]); // not to be seen any more

/** An element that asks for something when `ask` says so, and shows it, a skeleton, or what went wrong. */
export abstract class Loading<T> extends LitElement {
  static override styles = [controls, places];
  static override properties: Record<string, object> = { found: { state: true }, fault: { state: true } };
  declare found: T | null;
  declare fault: string;
  private turn = 0;

  constructor() {
    super();
    this.found = null;
    this.fault = "";
  }

  protected abstract ask(): Promise<T>;
  protected abstract there(found: T): unknown;

  /** `fresh` shows the skeleton until the answer is there; else what is shown stays. */
  async load(fresh = true): Promise<void> {
    const turn = ++this.turn;
    if (fresh) this.found = null;
    if (this.found === null) this.fault = "";
    try {
      const found = await this.ask();
      if (turn !== this.turn) return;
      this.found = found;
      this.fault = "";
    } catch (fault) {
      if (turn !== this.turn) return;
      if (GONE.has((fault as { status?: number }).status ?? 0)) this.found = null;
      this.fault = fault instanceof Error ? fault.message : "显示不了";
    }
  }

  /** What comes beneath `shown`, unless something else is shown by then. */
  protected async beneath<R>(this: Loading<Paged<R>>, shown: Paged<R>, ask: () => Promise<Paged<R>>): Promise<void> {
    const next = await ask();
    if (this.found === shown) this.found = { items: [...shown.items, ...next.items], next_cursor: next.next_cursor };
  }

  /** What is shown stays when it cannot be asked anew, and says so: nothing that is being written or read is taken away. */
  override render(): unknown {
    const again = (): void => void this.load(this.found === null);
    if (this.found === null) return this.fault ? failed(this.fault, again) : skeleton();
    return html`${this.fault ? failed(`${this.fault}。下面是上次的, 没有更新。`, again) : nothing}${this.there(this.found)}`;
  }
}

export const skeleton = (lines = 5): TemplateResult =>
  html`<div role="status" aria-busy="true" aria-label="正在打开">${Array.from({ length: lines }, () => html`<div class="skeleton"></div>`)}</div>`;

export const failed = (text: string, again: () => void): TemplateResult =>
  html`<p class="failed" role="alert">${text} <button @click=${again}>重试</button></p>`;

export const empty = (text: string): TemplateResult => html`<p class="empty">${text}</p>`;
