// 跟进看板: how what was heard is followed up, for a branch and the firm; from every number to the words.

import { LitElement, css, html, type TemplateResult } from "lit";
import { tell, told } from "../base/address";
import { download } from "../base/files";
import { query } from "../base/http";
import { stream } from "../base/live";
import { client, me } from "../base/session";
import type { Me } from "../base/types";
import { controls } from "../design/controls";
import { places } from "../design/places";
import { show } from "../design/page";
import "../parts/shell";
import { complain } from "../parts/toast";
import "./boards";
import "./overview";
import { GROUPS, PERIODS, asked, dayBefore, question, type Question } from "./question";
import "./talks";

interface Directory {
  branches: { id: string; name: string }[];
  advisors: { id: string; name: string; branch_id: string }[];
}

const TABS: [string, string][] = [
  ["overview", "总览"],
  ["overdue", "逾期"],
  ["money", "钱在桌上"],
  ["promises", "承诺"],
  ["digging", "深挖"],
  ["adherence", "服务策略"],
  ["voices", "客户心声"],
];
const SETTLE_MS = 1500;
const TOLD = new Set(["hello", "opportunities", "overdue", "tags"]);

class ManagerPage extends LitElement {
  static override styles = [
    controls,
    places,
    css`
      .bar { position: sticky; top: 46px; z-index: 5; background: var(--dk-paper); border-bottom: 1px solid var(--dk-line); padding: 8px 18px 0; }
      .filters { display: flex; flex-wrap: wrap; gap: 8px 10px; align-items: center; }
      .filters label { display: flex; gap: 6px; align-items: center; color: var(--dk-soft); }
      .tabs { display: flex; overflow-x: auto; margin-top: 6px; }
      .tabs button { border: 0; border-radius: 0; padding: 7px 14px; background: none; color: var(--dk-soft); border-bottom: 2px solid transparent; }
      .tabs button[aria-selected="true"] { color: var(--dk-brand); border-color: var(--dk-brand); font-weight: bold; }
      .body { padding: 14px 18px 60px; max-width: 1500px; width: 100%; margin: 0 auto; }
      @media (max-width: 720px) { .bar { position: static; padding: 8px 10px 0; } .body { padding: 10px; } }
    `,
  ];
  static override properties = { who: { state: true }, q: { state: true }, tab: { state: true }, directory: { state: true }, own: { state: true }, busy: { state: true } };
  declare who: Me | null;
  declare q: Question;
  declare tab: string;
  declare directory: Directory;
  /** The days are chosen by hand. */
  declare own: boolean;
  /** The format that is being made. */
  declare busy: string;
  private timer = 0;

  constructor() {
    super();
    this.who = null;
    this.directory = { branches: [], advisors: [] };
    this.q = question(false);
    this.tab = told().get("tab") ?? "overview";
    this.own = false;
    this.busy = "";
    addEventListener("popstate", () => this.read());
    me().then((who) => {
      this.who = who;
      this.read();
      stream(client, "/v1/stream", ({ event }) => TOLD.has(event) && this.soon());
    }, complain);
    client.get<Directory>("/v1/directory").then((found) => (this.directory = found), () => undefined);
  }

  private read(): void {
    this.q = question(this.who?.role === "advisor");
    this.tab = told().get("tab") ?? "overview";
  }

  /** What changed shows without a reload, but not more often than one can read. */
  private soon(): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.refresh(), SETTLE_MS);
  }

  private refresh(): void {
    const board = this.renderRoot.querySelector<LitElement & { load?: (fresh: boolean) => Promise<void> }>("#panel > *");
    void board?.load?.(false);
  }

  private set(values: Partial<Question>): void {
    tell(values as Record<string, string>, true);
    this.read();
  }

  override render(): unknown {
    if (!this.who) return html`<dk-shell here="manager"></dk-shell>`;
    return html`<dk-shell here="manager">
      <div class="bar">
        <div class="filters">${this.filters()}</div>
        <div class="tabs" role="tablist" aria-label="看板" @keydown=${this.arrow}>
          ${TABS.map(([name, text]) => html`<button role="tab" id="tab-${name}" aria-controls="panel" aria-selected=${this.tab === name} tabindex=${this.tab === name ? 0 : -1} @click=${() => this.turn(name)}>${text}</button>`)}
        </div>
      </div>
      <div class="body" id="panel" role="tabpanel" aria-labelledby="tab-${this.tab}" @changed=${() => this.refresh()}>${this.board()}</div>
    </dk-shell>`;
  }

  private filters(): TemplateResult {
    const { q, directory } = this;
    const days = PERIODS.find(([n]) => n && q.start === dayBefore(Number(n)) && q.end === dayBefore(0))?.[0] ?? "";
    const own = this.own || !days;
    const advisors = directory.advisors.filter((a) => !q.branch || a.branch_id === q.branch);
    return html`
      <label>时间 <select @change=${(e: Event) => this.period((e.target as HTMLSelectElement).value)}>
        ${PERIODS.map(([value, text]) => html`<option value=${value} .selected=${value === (own ? "" : days)}>${text}</option>`)}
      </select></label>
      ${own
        ? html`<label>从 <input type="date" .value=${q.start} max=${q.end} @change=${(e: Event) => this.set({ start: (e.target as HTMLInputElement).value })} /></label>
            <label>到 <input type="date" .value=${q.end} min=${q.start} @change=${(e: Event) => this.set({ end: (e.target as HTMLInputElement).value })} /></label>`
        : ""}
      ${directory.branches.length > 1
        ? html`<label>营业部 <select @change=${(e: Event) => this.set({ branch: (e.target as HTMLSelectElement).value, advisor: "" })}>
            <option value="">全部</option>${directory.branches.map((b) => html`<option value=${b.id} .selected=${b.id === q.branch}>${b.name}</option>`)}
          </select></label>`
        : ""}
      ${directory.advisors.length > 1
        ? html`<label>投顾 <select @change=${(e: Event) => this.set({ advisor: (e.target as HTMLSelectElement).value })}>
            <option value="">全部</option>${advisors.map((a) => html`<option value=${a.id} .selected=${a.id === q.advisor}>${a.name}</option>`)}
          </select></label>`
        : ""}
      <label>汇总 <select @change=${(e: Event) => this.set({ group: (e.target as HTMLSelectElement).value })}>
        ${GROUPS.map(([value, text]) => html`<option value=${value} .selected=${value === q.group}>${text}</option>`)}
      </select></label>
      <span class="grow"></span>
      <span class="row" role="group" aria-label="下载报表">${["csv", "xlsx", "pdf"].map((format) => html`<button class="quiet" ?disabled=${this.busy === format} @click=${() => this.give(format)}>${this.busy === format ? "正在导出 …" : { csv: "CSV", xlsx: "Excel", pdf: "PDF" }[format]}</button>`)}</span>
    `;
  }

  private period(days: string): void {
    this.own = !days;
    if (days) this.set({ start: dayBefore(Number(days)), end: dayBefore(0) });
  }

  private async give(format: string): Promise<void> {
    this.busy = format;
    try {
      await download(client, `/v1/reports/follow-up${query({ ...this.q, format })}`, `follow-up.${format}`);
    } catch (fault) {
      complain(fault);
    } finally {
      this.busy = "";
    }
  }

  private board(): TemplateResult {
    const { q } = this;
    const key = asked(q, "start", "end", "branch", "advisor", "group");
    switch (this.tab) {
      case "overdue":
        return html`<dk-overdue .q=${q} .key=${key}></dk-overdue>`;
      case "money":
        return html`<dk-money .q=${q} .key=${key}></dk-money>`;
      case "promises":
        return html`<dk-promises .q=${q} .key=${key}></dk-promises>`;
      case "digging":
        return html`<dk-digging .q=${q} .key=${key}></dk-digging>`;
      case "adherence":
        return html`<dk-adherence .q=${q} .key=${key}></dk-adherence>`;
      case "voices":
        return html`<dk-voices .q=${q} .key=${key}></dk-voices>`;
      default:
        return html`<dk-overview .q=${q} .key=${key}></dk-overview>`;
    }
  }

  private turn(name: string): void {
    tell({ tab: name }, true);
    this.tab = name;
  }

  private arrow(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = TABS.map(([name]) => name);
    this.turn(names[(names.indexOf(this.tab) + step + names.length) % names.length]!);
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(".tabs [aria-selected='true']")?.focus());
  }
}

customElements.define("dk-manager-page", ManagerPage);
show("dk-manager-page");
