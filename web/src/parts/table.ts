// 表格: sorted by a click on a heading, narrowed by words, given out as CSV. How it is sorted stands in the address
// (`<name>.sort=column` or `-column`); the words do not: they could be somebody's name.

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { tell, told } from "../base/address";
import { csv } from "../base/files";
import { clock, isoDay } from "../base/text";
import { controls } from "../design/controls";
import { places } from "../design/places";

export interface Column<T> {
  name: string;
  label: string;
  /** What is sorted by and given out; null stands last. */
  value: (row: T) => string | number | null;
  cell?: (row: T) => TemplateResult | string;
  number?: boolean;
  /** The heading of the row. */
  head?: boolean;
  /** Long text: it may break into lines. */
  wide?: boolean;
  hint?: string;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T/;
const MANY = 12;
const STEP = 100;

export class Table<T> extends LitElement {
  static override styles = [
    controls,
    places,
    css`
      :host { display: block; }
      .tools { display: flex; gap: 8px; align-items: center; margin-bottom: 6px; }
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; width: 100%; }
      th, td { text-align: left; padding: 5px 10px; border-bottom: 1px solid var(--dk-line); vertical-align: top; font-weight: normal; }
      thead th { color: var(--dk-soft); font-size: 12px; white-space: nowrap; vertical-align: bottom; }
      thead button { border: 0; padding: 0; background: none; color: inherit; font: inherit; }
      th[aria-sort] button { color: var(--dk-brand); font-weight: bold; }
      tbody th { font-weight: bold; }
      tbody tr:hover { background: var(--dk-ground); }
      .steps { display: flex; gap: 3px; }
      .steps .badge { border: 1px solid transparent; padding: 0 6px; }
      .steps span.badge:not(.brand) { background: none; border: 1px dashed var(--dk-line); }
      .number { text-align: right; }
      td, tbody th { white-space: nowrap; }
      td:not(.wide) .link { white-space: nowrap; }
      .wide { white-space: normal; min-width: 13em; overflow-wrap: anywhere; }
      tfoot td, tfoot th { font-weight: bold; background: var(--dk-ground); }
    `,
  ];
  static override properties = {
    name: {},
    caption: {},
    nothing: {},
    file: {},
    columns: { attribute: false },
    rows: { attribute: false },
    total: { attribute: false },
    words: { state: true },
    shown: { state: true },
  };
  declare name: string;
  declare caption: string;
  /** What an empty table says. */
  declare nothing: string;
  /** Name of the CSV; none, and there is no button. */
  declare file: string;
  declare columns: Column<T>[];
  declare rows: T[];
  declare total: T | null;
  declare words: string;
  declare shown: number;

  constructor() {
    super();
    this.name = this.caption = this.file = this.words = "";
    this.nothing = "没有";
    this.columns = [];
    this.rows = [];
    this.total = null;
    this.shown = STEP;
  }

  private get order(): [string, boolean] {
    const text = told().get(`${this.name}.sort`) ?? "";
    return text.startsWith("-") ? [text.slice(1), true] : [text, false];
  }

  private get wanted(): T[] {
    const words = this.words.trim().toLowerCase();
    const rows = words ? this.rows.filter((row) => this.columns.some((c) => String(c.value(row) ?? "").toLowerCase().includes(words))) : [...this.rows];
    const [name, down] = this.order;
    const column = this.columns.find((c) => c.name === name);
    if (!column) return rows;
    return rows.sort((a, b) => compare(column.value(a), column.value(b), down));
  }

  override render(): unknown {
    if (!this.rows.length) return html`<p class="empty">${this.nothing}</p>`;
    const rows = this.wanted;
    return html`
      ${this.rows.length > MANY || this.file
        ? html`<div class="tools">
            ${this.rows.length > MANY
              ? html`<input type="search" placeholder="在表里找" aria-label="在表里找" @input=${(e: Event) => (this.words = (e.target as HTMLInputElement).value)} />`
              : nothing}
            <span class="hint grow" role="status">${this.words ? `${rows.length} / ${this.rows.length}` : ""}</span>
            ${this.file ? html`<button class="quiet" @click=${this.give}>导出 CSV</button>` : nothing}
          </div>`
        : nothing}
      <div class="scroll" tabindex="0" role="region" aria-label=${this.caption || this.name}>
        <table>
          ${this.caption ? html`<caption class="sr">${this.caption}</caption>` : nothing}
          <thead><tr>${this.columns.map((c) => this.heading(c))}</tr></thead>
          <tbody>${rows.slice(0, this.shown).map((row) => html`<tr>${this.columns.map((c) => cell(c, row))}</tr>`)}</tbody>
          ${this.total ? html`<tfoot><tr>${this.columns.map((c) => cell(c, this.total!))}</tr></tfoot>` : nothing}
        </table>
      </div>
      ${rows.length > this.shown ? html`<button class="quiet" @click=${() => (this.shown += STEP)}>还有 ${rows.length - this.shown} 行</button>` : nothing}
    `;
  }

  private heading(c: Column<T>): TemplateResult {
    const [name, down] = this.order;
    const sorted = name === c.name ? (down ? "descending" : "ascending") : nothing;
    if (!c.label) return html`<td></td>`;
    return html`<th scope="col" class=${c.number ? "number" : nothing} aria-sort=${sorted} title=${c.hint ?? nothing}>
      <button @click=${() => this.sort(c)}>${c.label}${sorted === nothing ? nothing : html`<span aria-hidden="true">${down ? " ↓" : " ↑"}</span>`}</button>
    </th>`;
  }

  /** Numbers the largest first, then the smallest, then as it came. */
  private sort(c: Column<T>): void {
    const [name, down] = this.order;
    const first = c.number ? `-${c.name}` : c.name;
    const second = c.number ? c.name : `-${c.name}`;
    const now = name === c.name ? (down ? `-${c.name}` : c.name) : "";
    tell({ [`${this.name}.sort`]: now === first ? second : now === second ? "" : first });
    this.requestUpdate();
  }

  private give(): void {
    const rows = this.total ? [...this.wanted, this.total] : this.wanted;
    csv(`${this.file}.csv`, [this.columns.map((c) => c.label), ...rows.map((row) => this.columns.map((c) => written(c.value(row))))]);
  }
}

/** A moment as it is in Beijing, so that a file says the day that the page says. */
const written = (value: string | number | null): string | number | null =>
  typeof value === "string" && INSTANT.test(value) ? `${isoDay(value)} ${clock(value)}` : value;

function cell<T>(c: Column<T>, row: T): TemplateResult {
  const inside = c.cell ? c.cell(row) : (c.value(row) ?? "–");
  if (c.head) return html`<th scope="row">${inside}</th>`;
  return html`<td class=${c.number ? "number" : c.wide ? "wide" : nothing}>${inside}</td>`;
}

function compare(a: string | number | null, b: string | number | null, down: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const found = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "zh-CN");
  return down ? -found : found;
}

customElements.define("dk-table", Table);
