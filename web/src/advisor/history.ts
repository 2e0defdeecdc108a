// 时间线: calls, chats, visits, deeds and opportunities of a customer, the newest first.

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { part, query } from "../base/http";
import { client } from "../base/session";
import { clock, day, yuan } from "../base/text";
import type { Page, TimelineEntry } from "../base/types";
import { empty, Loading } from "../parts/load";
import { complain } from "../parts/toast";

const STEP = 40;
const MOST = 200;
const GROUPS: [string, string, TimelineEntry["kind"][]][] = [
  ["all", "全部", ["conversation", "attempt", "note", "event", "feedback", "snapshot", "opportunity"]],
  ["talks", "联系", ["conversation", "attempt", "note"]],
  ["deeds", "行为", ["event", "browse"]],
  ["todo", "商机", ["opportunity", "feedback"]],
];
const EVENTS: Record<string, string> = {
  deposit: "转入资金", withdraw: "转出资金", trade: "交易", transfer_in: "转入证券", transfer_out: "转出证券", permission_opened: "开通权限", page_view: "浏览",
  login: "登录", identify: "资料更新", account_closed: "销户", material_sent: "发送资料", app_open: "打开 APP", subscribe: "申购", redeem: "赎回",
  product_view: "看产品", product_detail: "看产品详情", search: "搜索", questionnaire_completed: "完成风险测评", app_crash: "APP 闪退",
  archive_agreed: "同意会话存档", archive_refused: "不同意会话存档",
};

export class History extends Loading<Page<TimelineEntry>> {
  static override styles = [
    ...Loading.styles,
    css`
      .kinds { display: flex; gap: 4px; margin-left: auto; }
      .kinds button { padding: 0 8px; font-size: 12px; }
      h3 { color: var(--dk-soft); font-weight: normal; margin: 10px 0 2px; font-size: 12px; }
      .entry { display: grid; grid-template-columns: 44px minmax(0, 1fr); gap: 8px; width: 100%; text-align: left; white-space: normal; border: 0; border-radius: 4px; padding: 2px 4px; background: none; }
      .entry > span:first-child { color: var(--dk-soft); }
      button.entry:hover { background: var(--dk-ground); }
      button.entry > span:last-child { color: var(--dk-brand); }
      .note { display: block; color: var(--dk-soft); }
    `,
  ];
  static override properties = { ...Loading.properties, customer: {}, group: { state: true } };
  declare customer: string;
  declare group: string;

  constructor() {
    super();
    this.group = "all";
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has("customer") || changed.has("group")) void this.load();
  }

  protected ask(cursor: string | null = null): Promise<Page<TimelineEntry>> {
    const kind = GROUPS.find(([name]) => name === this.group)![2];
    const limit = cursor ? STEP : Math.min(MOST, Math.max(STEP, this.found?.items.length ?? 0)); // what was opened stays open
    return client.get(`/v1/customers/${part(this.customer)}/timeline${query({ kind, cursor, limit })}`);
  }

  override render(): unknown {
    return html`<section class="card"><h2>时间线
        <span class="kinds" role="group" aria-label="只看">${GROUPS.map(([name, text]) => html`<button class="quiet" aria-pressed=${this.group === name} @click=${() => (this.group = name)}>${text}</button>`)}</span>
      </h2>${super.render()}</section>`;
  }

  protected there(page: Page<TimelineEntry>): TemplateResult {
    if (!page.items.length) return empty("还没有记录");
    let last = "";
    return html`${page.items.map((entry) => {
      const today = day(entry.at);
      const heading = today === last ? nothing : html`<h3>${today}</h3>`;
      last = today;
      return html`${heading}${this.row(entry)}`;
    })}
    ${page.next_cursor ? html`<button class="quiet" @click=${() => this.more(page)}>更早的</button>` : nothing}`;
  }

  private async more(page: Page<TimelineEntry>): Promise<void> {
    await this.beneath(page, () => this.ask(page.next_cursor)).catch(complain);
  }

  private row(e: TimelineEntry): TemplateResult {
    const inside = html`<span>${clock(e.at)}</span><span>${title(e)}${e.kind === "note" ? html`<span class="note">${e.detail.text}</span>` : nothing}</span>`;
    const opens = e.kind === "conversation" ? "talk" : e.kind === "opportunity" ? "opportunity" : "";
    if (!opens) return html`<div class="entry">${inside}</div>`;
    return html`<button class="entry" @click=${() => this.dispatchEvent(new CustomEvent(opens, { detail: e.id }))}>${inside}</button>`;
  }
}

function title({ kind, title, detail }: TimelineEntry): string {
  if (kind !== "event" && kind !== "browse") return title;
  const p = (detail.properties ?? {}) as Record<string, unknown>;
  const side = { buy: "买入", sell: "卖出" }[String(p.side)];
  const sum = Number(p.amount) ? ` ${yuan(Number(p.amount))}` : "";
  const what = p.name ?? p.title ?? p.page ?? p.query;
  const event = String(detail.event);
  return `${side ?? EVENTS[event] ?? event}${sum}${what ? ` ${String(what)}` : ""}`;
}

customElements.define("dk-history", History);
