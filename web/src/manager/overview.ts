// 总览: the funnel, the share in time with its interval, what is untouched, line by line.

import { css, html, nothing, svg, type TemplateResult } from "lit";
import { query } from "../base/http";
import { client } from "../base/session";
import { yuan } from "../base/text";
import "../parts/table";
import type { Column } from "../parts/table";
import { openBehind } from "./behind";
import { Board } from "./board";

type Row = Record<string, number | string | null>;

interface Report {
  title: string;
  columns: { name: string; label: string; lists: boolean }[];
  rows: Row[];
  total: Row;
  list_path: string;
}

const FUNNEL: [string, string][] = [["opened", "商机"], ["touched", "触达"], ["discharged", "谈到"], ["won", "成单"]];
const SHOWN = ["opened", "touched", "discharged", "in_time_rate", "in_time_beyond", "overdue", "won", "won_rate", "promises_kept", "promises_rate", "median_hours", "yuan_known", "yuan_untouched", "yuan_converted"];
const SHORT: Record<string, string> = {
  opened: "商机", touched: "已触达", discharged: "谈到", in_time_rate: "及时率 (95% 区间)", in_time_beyond: "比预期", overdue: "逾期", won: "成单", won_rate: "成单率 (95% 区间)",
  promises_kept: "兑现承诺", promises_rate: "兑现率", median_hours: "首次触达 (交易小时)", yuan_known: "发现金额", yuan_untouched: "未触达金额", yuan_converted: "成单金额",
};
const TONES: Record<string, string> = { overdue: "bad", won: "good", yuan_untouched: "warn" };
const FUNNEL_WIDTH = 100;

class Overview extends Board<Report> {
  static override styles = [
    ...Board.styles,
    css`
      .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 10px; margin-bottom: 12px; }
      .tile { display: flex; flex-direction: column; align-items: flex-start; text-align: left; background: var(--dk-paper); border: 1px solid var(--dk-line); border-radius: 8px; padding: 10px 14px; white-space: normal; }
      .tile strong { font-size: 22px; line-height: 1.3; }
      .tile.bad strong { color: var(--dk-bad); } .tile.warn strong { color: var(--dk-warn); } .tile.good strong { color: var(--dk-good); }
      .two { display: grid; grid-template-columns: minmax(300px, 5fr) 7fr; gap: 12px; margin-bottom: 12px; }
      .funnel button { display: grid; grid-template-columns: 44px minmax(0, 1fr) 84px; gap: 10px; align-items: center; width: 100%; border: 0; background: none; padding: 5px 0; text-align: left; }
      .funnel svg { width: 100%; height: 26px; display: block; }
      .funnel rect { fill: var(--dk-brand); } .funnel rect.ground { fill: var(--dk-ground); }
      @media (max-width: 900px) { .two { grid-template-columns: minmax(0, 1fr); } }
    `,
  ];

  protected ask(): Promise<Report> {
    return client.get(`/v1/reports/follow-up${query({ ...this.q })}`);
  }

  protected there(report: Report): TemplateResult {
    const t = report.total;
    if (!t.opened) return html`<p class="empty">这段时间没有商机。</p>`;
    return html`
      <div class="tiles">
        ${this.tile(report, "opened", "商机", String(t.opened), `谈到 ${t.discharged}`)}
        ${this.tile(report, "discharged_in_time", "及时谈到", rate(t.in_time_rate), interval(t.in_time_interval))}
        ${this.tile(report, "overdue", "逾期", String(t.overdue), "到期时还没有谈到", t.overdue ? "bad" : "")}
        ${this.tile(report, "won", "成单", String(t.won), `成单率 ${rate(t.won_rate)}`, t.won ? "good" : "")}
        ${this.tile(report, "promises_kept", "兑现承诺", `${t.promises_kept} / ${t.promises}`, t.promises_rate === null ? "不到 10 件, 不给比率" : `兑现率 ${rate(t.promises_rate)}`)}
        ${this.tile(report, "yuan_untouched", "还没有人碰过的钱", yuan(Number(t.yuan_untouched)) || "0 元", `发现 ${yuan(Number(t.yuan_known)) || "0 元"}`, t.yuan_untouched ? "warn" : "")}
      </div>
      <div class="two">
        <section class="card"><h2>漏斗</h2>${this.funnel(report)}</section>
        <section class="card"><h2>及时率, 和同样的商机在全公司会有的 <span class="hint">圆点是本行, 横线是 95% 区间, 竖线是预期</span></h2>${this.forest(report)}</section>
      </div>
      <section class="card"><h2>${lineName(this.q.group)} <span class="hint">点数字看背后的商机和原话; 不到 10 件不给比率</span></h2>
        <dk-table name="report" caption="跟进报表" file="跟进报表 ${this.q.start} ${this.q.end}" .columns=${this.columns(report)} .rows=${report.rows} .total=${t}></dk-table>
      </section>`;
  }

  private tile(report: Report, number: string, label: string, value: string, note: string, tone = ""): TemplateResult {
    return html`<button class="tile ${tone}" @click=${() => this.behind(report, number, label)}><span class="hint">${label}</span><strong>${value}</strong><span class="hint">${note}</span></button>`;
  }

  private behind(report: Report, number: string, label: string, row?: Row): void {
    const line = row?.id ? String(row.id) : "";
    openBehind(`${row?.name || "合计"} · ${label}`, `${report.list_path}&${query({ number, line }).slice(1)}`, this.changed);
  }

  private funnel(report: Report): TemplateResult {
    const most = Number(report.total.opened);
    return html`<div class="funnel">${FUNNEL.map(([name, label]) => {
      const value = Number(report.total[name]);
      return html`<button @click=${() => this.behind(report, name, label)}>
        <span>${label}</span>
        <svg viewBox="0 0 ${FUNNEL_WIDTH} 10" preserveAspectRatio="none" aria-hidden="true"><rect class="ground" width=${FUNNEL_WIDTH} height="10"></rect><rect width=${(FUNNEL_WIDTH * value) / most} height="10"></rect></svg>
        <span><b>${value}</b> <span class="hint">${Math.round((100 * value) / most)}%</span></span>
      </button>`;
    })}</div>`;
  }

  private forest(report: Report): TemplateResult {
    const columns: Column<Row>[] = [
      { name: "name", label: "", head: true, value: (r) => String(r.name ?? r.id ?? "合计") || "合计" },
      { name: "rate", label: "及时率", number: true, value: (r) => figure(r.in_time_rate), cell: (r) => html`${r.in_time_rate === null ? "–" : `${r.in_time_rate}%`}` },
      { name: "interval", label: "0%", value: (r) => String(r.in_time_interval ?? ""), cell: forestLine },
      { name: "expected", label: "预期", number: true, value: (r) => figure(r.in_time_expected), cell: (r) => html`${r.in_time_expected === null ? "–" : `${r.in_time_expected}%`}` },
    ];
    columns[2]!.label = "0% … 100%";
    return html`<dk-table name="forest" caption="及时率和区间" .columns=${columns} .rows=${report.rows} .total=${report.total}></dk-table>`;
  }

  private columns(report: Report): Column<Row>[] {
    const known = new Map(report.columns.map((c) => [c.name, c]));
    const first: Column<Row> = { name: "name", label: known.get("name")?.label ?? "", head: true, value: (r) => String(r.name || r.id || "合计") };
    return [first, ...SHOWN.filter((name) => known.has(name)).map((name) => this.column(report, name, known.get(name)!.lists, known.get(name)!.label))];
  }

  private column(report: Report, name: string, lists: boolean, hint: string): Column<Row> {
    const value = (r: Row): number | null => figure(r[name]);
    const text = (r: Row): TemplateResult => shown(name, r);
    const cell = (r: Row): TemplateResult =>
      lists && value(r) ? html`<button class="link ${TONES[name] ?? ""}" @click=${() => this.behind(report, name, SHORT[name]!, r)}>${text(r)}</button>` : text(r);
    return { name, label: SHORT[name]!, hint, number: true, value, cell };
  }
}

function shown(name: string, r: Row): TemplateResult {
  const value = r[name];
  if (value === null || value === undefined) return html`<span class="hint">–</span>`;
  if (name.startsWith("yuan")) return html`${value ? yuan(Number(value)) : "0"}`;
  if (name === "in_time_rate" || name === "won_rate") return html`${value}% <span class="hint">${r[name.replace("rate", "interval")] ?? ""}</span>`;
  if (name === "promises_rate") return html`${value}%`;
  if (name === "in_time_beyond") return html`<span class=${Number(value) < 0 ? "late" : ""}>${Number(value) > 0 ? "+" : ""}${value}</span>`;
  return html`${value}`;
}

const figure = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));
const rate = (value: unknown): string => (value === null || value === undefined ? "–" : `${String(value)}%`);
const interval = (value: unknown): string => (value ? `95% 区间 ${String(value)}%` : "不到 10 件, 不给比率");
const lineName = (group: string): string => ({ advisor: "各位投资顾问", branch: "各营业部", firm: "全公司", playbook: "各条跟进规则" })[group] ?? "";

const WIDE = 200;
const MIDDLE = 8;

/** The share as a dot on its interval; the upright line is what the same cases would let expect. */
function forestLine(r: Row): TemplateResult {
  const [low, high] = String(r.in_time_interval ?? "").split("–").map(Number);
  const at = (percent: number): number => 4 + (percent * (WIDE - 8)) / 100;
  return html`<svg width=${WIDE} height="16" aria-hidden="true">
    ${svg`<line x1="4" x2=${WIDE - 4} y1=${MIDDLE} y2=${MIDDLE} stroke="var(--dk-line)"></line>`}
    ${r.in_time_interval ? svg`<line x1=${at(low!)} x2=${at(high!)} y1=${MIDDLE} y2=${MIDDLE} stroke="var(--dk-brand)" stroke-width="3"></line>` : nothing}
    ${r.in_time_expected === null ? nothing : svg`<line x1=${at(Number(r.in_time_expected))} x2=${at(Number(r.in_time_expected))} y1="1" y2="15" stroke="var(--dk-warn)" stroke-width="2"></line>`}
    ${r.in_time_rate === null ? nothing : svg`<circle cx=${at(Number(r.in_time_rate))} cy=${MIDDLE} r="4" fill="var(--dk-brand)"></circle>`}
  </svg>`;
}

customElements.define("dk-overview", Overview);
