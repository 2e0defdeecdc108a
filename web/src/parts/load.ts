// Waiting, failed, there: the three states of everything that a page asks for.

import { LitElement, html, type TemplateResult } from "lit";
import { controls, places } from "../design/controls";

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
    this.fault = "";
    try {
      const found = await this.ask();
      if (turn === this.turn) this.found = found;
    } catch (fault) {
      if (turn === this.turn) this.fault = fault instanceof Error ? fault.message : "显示不了";
    }
  }

  override render(): unknown {
    if (this.fault) return failed(this.fault, () => void this.load());
    return this.found === null ? skeleton() : this.there(this.found);
  }
}

export const skeleton = (lines = 5): TemplateResult =>
  html`<div role="status" aria-busy="true" aria-label="正在打开">${Array.from({ length: lines }, () => html`<div class="skeleton"></div>`)}</div>`;

export const failed = (text: string, again: () => void): TemplateResult =>
  html`<p class="failed" role="alert">${text} <button @click=${again}>重试</button></p>`;

export const empty = (text: string): TemplateResult => html`<p class="empty">${text}</p>`;
