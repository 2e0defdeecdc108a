// What stands behind a number: the opportunities, talks or voices that it counts, each with its words.

import { html, type TemplateResult } from "lit";
import { query } from "../base/http";
import { client } from "../base/session";
import { amount, day } from "../base/text";
import type { Opportunity, Page } from "../base/types";
import { drawer } from "../parts/drawer";
import { heard, heardText } from "../parts/heard";
import { empty, Loading } from "../parts/load";
import { named, openOpportunity, openTalk, state } from "../parts/opportunity";
import "../parts/table";
import type { Column } from "../parts/table";

export interface Item {
  kind: "opportunity" | "talk" | "voice";
  id: string;
  at: string;
  customer_id: string;
  customer_name: string;
  advisor_name: string;
  title: string;
  words: { conversation_id: string; utterance: number; quote: string; demo: boolean; what: string }[];
  /** Why there are no words; "" where there are. */
  no_words: string;
  /** Of an opportunity: when it became what it is, and by what. */
  why: string[];
  points: number | null;
  opportunity: Opportunity | null;
}

const MOST = 1000;
const PAGE = 200;
const FEW = 2; // quotes in a row

class Behind extends Loading<Item[]> {
  static override properties = { ...Loading.properties, path: {}, file: {}, changed: { attribute: false } };
  declare path: string;
  declare file: string;
  declare changed: () => void;

  override firstUpdated(): void {
    void this.load();
  }

  protected async ask(): Promise<Item[]> {
    const rows: Item[] = [];
    let cursor: string | null = null;
    do {
      const page: Page<Item> = await client.get(`${this.path}&${query({ cursor, limit: PAGE }).slice(1)}`);
      rows.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor && rows.length < MOST);
    return rows;
  }

  protected there(rows: Item[]): TemplateResult {
    if (!rows.length) return empty("没有。");
    return html`<dk-table name="behind" caption="背后的记录" file=${this.file} .columns=${this.columns(rows)} .rows=${rows}></dk-table>`;
  }

  private columns(rows: Item[]): Column<Item>[] {
    const opens = rows.some((r) => r.opportunity);
    const who: Column<Item> = { name: "who", label: "客户", head: true, value: (r) => r.customer_name || r.customer_id, cell: (r) => html`<a href="/advisor#${encodeURIComponent(r.customer_id)}">${r.customer_name || r.customer_id}</a>` };
    const what: Column<Item> = {
      name: "what",
      label: opens ? "商机" : "什么",
      value: (r) => (r.opportunity ? named(r.opportunity) : r.title),
      cell: (r) => (r.opportunity ? html`<button class="link" @click=${() => openOpportunity(r.id, this.changed)}>${named(r.opportunity)}</button>` : html`${r.title}`),
    };
    const words: Column<Item> = {
      name: "words",
      label: "原话", wide: true,
      value: (r) => r.words.map((w) => w.quote + heardText(w)).join(" / "),
      cell: (r) => html`${r.words.slice(0, FEW).map((w) => html`<button class="link" @click=${() => openTalk(w.conversation_id, { utterance: w.utterance, play: true })}>${w.what ? html`<span class="hint">${w.what}</span> ` : ""}${w.quote}</button>${heard(w)}<br />`)}${r.words.length > FEW ? html`<span class="hint">还有 ${r.words.length - FEW} 句</span>` : ""}${r.no_words ? html`<span class="hint">${r.no_words}</span>` : ""}`,
    };
    const why: Column<Item> = { name: "why", label: "经过", wide: true, value: (r) => r.why.join(" / "), cell: (r) => html`${r.why.map((line) => html`<span class="hint">${line}</span><br />`)}` };
    const advisor: Column<Item> = { name: "advisor", label: "投顾", value: (r) => r.advisor_name };
    const at: Column<Item> = { name: "at", label: "时间", value: (r) => r.at, cell: (r) => day(r.at) };
    if (!opens) return [who, what, advisor, at, words];
    const sum: Column<Item> = { name: "sum", label: "金额", number: true, value: (r) => r.opportunity?.low_yuan ?? r.opportunity?.high_yuan ?? null, cell: (r) => (r.opportunity ? amount(r.opportunity) : "") };
    const how: Column<Item> = { name: "state", label: "状态", value: (r) => r.opportunity?.state_label ?? "", cell: (r) => (r.opportunity ? state(r.opportunity) : "") };
    return [who, what, sum, how, advisor, at, words, why];
  }
}

customElements.define("dk-behind", Behind);

export function openBehind(heading: string, path: string, changed: () => void = () => undefined): void {
  drawer(heading, html`<dk-behind .path=${path} .file=${heading} .changed=${changed}></dk-behind>`);
}
