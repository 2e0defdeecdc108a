// 逾期, 钱在桌上, 承诺: what waits, and for how long.

import { css, html, type TemplateResult } from "lit";
import { query } from "../base/http";
import { client } from "../base/session";
import { amount, day, daysBetween } from "../base/text";
import type { Opportunity, Page } from "../base/types";
import type { Bars } from "../parts/chart";
import "../parts/chart";
import { drawer } from "../parts/drawer";
import { heard, heardText } from "../parts/heard";
import { empty } from "../parts/load";
import { named, openOpportunity, openTalk, state } from "../parts/opportunity";
import "../parts/table";
import type { Column } from "../parts/table";
import { Board } from "./board";

const MOST = 1000;
const PAGE = 200;

async function every<T>(path: string): Promise<T[]> {
  const rows: T[] = [];
  let cursor: string | null = null;
  do {
    const page: Page<T> = await client.get(`${path}&${query({ cursor, limit: PAGE }).slice(1)}`);
    rows.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor && rows.length < MOST);
  return rows;
}

const customer = (id: string, name: string): TemplateResult => html`<a href="/advisor#${encodeURIComponent(id)}">${name || id}</a>`;

export function opportunityColumns(changed: () => void): Column<Opportunity>[] {
  return [
    { name: "who", label: "客户", head: true, value: (o) => o.customer_name || o.customer_id, cell: (o) => customer(o.customer_id, o.customer_name) },
    { name: "what", label: "商机", value: named, cell: (o) => html`<button class="link" @click=${() => openOpportunity(o.id, changed)}>${named(o)}</button>` },
    { name: "sum", label: "金额", number: true, value: (o) => o.low_yuan ?? o.high_yuan, cell: (o) => amount(o) },
    { name: "owner", label: "投顾", value: (o) => o.owner_name },
    { name: "opened", label: "何时说的", value: (o) => o.opened_at, cell: (o) => day(o.opened_at) },
    { name: "due", label: "应完成", value: (o) => o.due_at, cell: (o) => day(o.due_at) },
    { name: "late", label: "逾期天数", number: true, value: (o) => Math.max(0, daysBetween(o.due_at, Date.now())), cell: (o) => html`<span class="late">${Math.max(0, daysBetween(o.due_at, Date.now()))} 天</span>` },
    { name: "state", label: "状态", value: (o) => o.state_label, cell: (o) => html`${state(o)}${o.attempts ? html` <span class="hint">未接 ${o.attempts} 次</span>` : ""}` },
  ];
}

class Overdue extends Board<Opportunity[]> {
  protected ask(): Promise<Opportunity[]> {
    return every(`/v1/opportunities${query({ state: ["open", "contacted"], overdue: true, branch: this.q.branch, advisor: this.q.advisor })}`);
  }

  protected there(rows: Opportunity[]): TemplateResult {
    return html`<section class="card"><h2>逾期未跟进 ${rows.length < MOST ? rows.length : `${MOST} 件以上`} <span class="hint">现在还没有谈到的, 不看上面的时间</span></h2>
      <dk-table name="overdue" caption="逾期未跟进" nothing="没有逾期未跟进的商机。" file="逾期未跟进" .columns=${opportunityColumns(this.changed)} .rows=${rows}></dk-table></section>`;
  }
}

// --- money known and untouched

interface Untouched {
  customer_id: string;
  customer_name: string;
  advisor_name: string;
  asset_id: string;
  text: string;
  money: { low: number; high: number | null; text: string };
  matures_on: string | null;
  trading_days: number | null;
  quote: string;
  conversation_id: string | null;
  demo: boolean;
  next_question: string;
}

interface Money {
  total: { text: string };
  count: number;
  items: Untouched[];
}

const WAN = 10_000;
const UNDATED = "到期日未知";

class MoneyBoard extends Board<Money> {
  protected ask(): Promise<Money> {
    return client.get(`/v1/insight/digging/untouched${query({ undated: true, limit: PAGE, branch: this.q.branch, advisor: this.q.advisor })}`);
  }

  protected there(found: Money): TemplateResult {
    if (!found.count) return html`<section class="card"><h2>钱在桌上</h2>${empty("客户说过的钱都有人谈过了。")}</section>`;
    const columns: Column<Untouched>[] = [
      { name: "who", label: "客户", head: true, value: (r) => r.customer_name || r.customer_id, cell: (r) => customer(r.customer_id, r.customer_name) },
      { name: "what", label: "哪里的什么", value: (r) => r.text },
      { name: "sum", label: "金额", number: true, value: (r) => r.money.low, cell: (r) => r.money.text },
      { name: "matures", label: "到期", value: (r) => r.matures_on, cell: (r) => (r.matures_on ? html`${day(r.matures_on)} <span class="hint">${r.trading_days} 个交易日</span>` : html`<span class="hint">未知</span>`) },
      { name: "advisor", label: "投顾", value: (r) => r.advisor_name },
      { name: "quote", label: "原话", wide: true, value: (r) => r.quote + heardText(r), cell: (r) => html`${r.conversation_id ? html`<button class="link" @click=${() => openTalk(r.conversation_id!)}>${r.quote}</button>` : r.quote}${heard(r)}` },
      { name: "next", label: "下一问", wide: true, value: (r) => r.next_question },
    ];
    const bars = maturities(found.items);
    return html`<section class="card"><h2>钱在桌上 ${found.total.text} <span class="hint">客户说过金额, 还没有听到方案, ${found.count} 笔; 不看上面的时间</span></h2>
      ${bars.names.length > 1 ? html`<dk-chart label="按到期的月份, 还没有人谈过的钱" .bars=${bars}></dk-chart>` : ""}
      ${found.items.length < found.count ? html`<p class="hint">下面和图上是其中 ${found.items.length} 笔; 选营业部或投顾看其余的。</p>` : ""}
      <dk-table name="money" caption="钱在桌上" file="钱在桌上" .columns=${columns} .rows=${found.items}></dk-table></section>`;
  }
}

function maturities(items: Untouched[]): Bars {
  const sums = new Map<string, number>();
  for (const { matures_on, money } of items) {
    const month = matures_on ? matures_on.slice(0, 7) : UNDATED;
    sums.set(month, (sums.get(month) ?? 0) + money.low / WAN);
  }
  const names = [...sums.keys()].sort((a, b) => Number(a === UNDATED) - Number(b === UNDATED) || a.localeCompare(b));
  return { names, unit: "万元", series: [{ name: "未谈的钱", values: names.map((name) => sums.get(name)!), tone: "warn" }] };
}

// --- promises

interface Promises {
  advisor: string;
  advisor_name: string;
  kept: number;
  late: number;
  broken: number;
  reported: number;
  open: number;
  undated: number;
  judged: number;
  promises: Record<string, string[]>;
}

const OUTCOMES: [string, string, string][] = [["kept", "按时", "good"], ["late", "迟到", "warn"], ["broken", "未兑现", "bad"], ["reported", "自报", "soft"], ["open", "未到期", "brand"]];
const FEW = 10;

class PromisesBoard extends Board<Promises[]> {
  protected async ask(): Promise<Promises[]> {
    const { start, end, advisor, branch } = this.q;
    const [found, directory] = await Promise.all([
      client.get<{ items: Promises[] }>(`/v1/promises${query({ start, end })}`),
      branch ? client.get<{ advisors: { id: string; branch_id: string }[] }>("/v1/directory") : null,
    ]);
    const there = directory && new Set(directory.advisors.filter((a) => a.branch_id === branch).map((a) => a.id));
    return found.items.filter((row) => (!advisor || row.advisor === advisor) && (!there || there.has(row.advisor)));
  }

  protected there(rows: Promises[]): TemplateResult {
    if (!rows.length) return html`<section class="card"><h2>承诺</h2>${empty("这段时间没有作出承诺。")}</section>`;
    const value = (row: Promises, name: string): number => Number(row[name as keyof Promises]);
    const columns: Column<Promises>[] = [
      { name: "who", label: "投顾", head: true, value: (r) => r.advisor_name },
      ...OUTCOMES.map(([name, label]): Column<Promises> => ({
        name,
        label,
        number: true,
        value: (r) => value(r, name),
        cell: (r) => (r.promises[name]?.length ? html`<button class="link" @click=${() => this.open(`${r.advisor_name} · ${label}`, r.promises[name]!)}>${value(r, name)}</button>` : html`${value(r, name)}`),
      })),
      { name: "undated", label: "没有定日期", number: true, value: (r) => r.undated },
      { name: "rate", label: "兑现率", number: true, hint: "不到 10 件不给", value: (r) => (r.judged < FEW ? null : Math.round((100 * r.kept) / r.judged)), cell: (r) => (r.judged < FEW ? html`<span class="hint">–</span>` : html`${Math.round((100 * r.kept) / r.judged)}%`) },
    ];
    const bars: Bars = { names: rows.map((r) => r.advisor_name), stacked: true, unit: "件", series: OUTCOMES.map(([name, label, tone]) => ({ name: label, tone, values: rows.map((r) => value(r, name)) })) };
    return html`<section class="card"><h2>承诺 <span class="hint">答应回电和发资料的, 到期时兑现了没有</span></h2>
      <dk-chart label="各位投顾的承诺" .bars=${bars}></dk-chart>
      <dk-table name="promises" caption="承诺" file="承诺 ${this.q.start} ${this.q.end}" .columns=${columns} .rows=${rows}></dk-table></section>`;
  }

  private open(heading: string, ids: string[]): void {
    drawer(heading, html`<dk-opportunities .ids=${ids}></dk-opportunities>`);
  }
}

class Opportunities extends Board<Opportunity[]> {
  static override properties = { ...Board.properties, ids: { attribute: false } };
  static override styles = [...Board.styles, css``];
  declare ids: string[];

  override firstUpdated(): void {
    void this.load();
  }

  protected ask(): Promise<Opportunity[]> {
    return every(`/v1/opportunities${query({ id: this.ids.slice(0, MOST) })}`);
  }

  protected there(rows: Opportunity[]): TemplateResult {
    return html`<dk-table name="list" caption="商机" .columns=${opportunityColumns(() => void this.load(false)).filter((c) => c.name !== "late")} .rows=${rows}></dk-table>`;
  }
}

customElements.define("dk-overdue", Overdue);
customElements.define("dk-money", MoneyBoard);
customElements.define("dk-promises", PromisesBoard);
customElements.define("dk-opportunities", Opportunities);
