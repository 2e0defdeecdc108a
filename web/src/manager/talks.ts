// 深挖, 服务策略, 客户心声: what the talks were like. Moments to listen to, no list of the best and the worst.

import { css, html, nothing, type TemplateResult } from "lit";
import { query } from "../base/http";
import { client } from "../base/session";
import { day, yuan } from "../base/text";
import type { Bars } from "../parts/chart";
import "../parts/chart";
import { drawer } from "../parts/drawer";
import { heard, heardText } from "../parts/heard";
import { empty } from "../parts/load";
import { openTalk } from "../parts/opportunity";
import "../parts/table";
import type { Column } from "../parts/table";
import { openBehind } from "./behind";
import { Board } from "./board";
import { asked } from "./question";

// --- digging

interface Score {
  advisor_id: string;
  advisor_name: string;
  contacts: number;
  rungs: number;
  asked: number;
  per_contact: number | null;
  conversation_ids: string[];
  discovered: { low: number; text: string };
  untouched: { low: number; text: string };
  converted: { yuan: number };
}

interface Asset {
  text: string;
  stage: string;
  stage_label: string;
  steps: { rung: string; label: string; quote: string; conversation_id: string | null; utterance: number | null; demo: boolean; at: string }[];
  next_question: string;
}

interface Dug {
  customer_id: string;
  customer_name: string;
  assets: Asset[];
}

const RUNGS: [string, string][] = [["mention", "提及"], ["institution", "机构"], ["kind", "类型"], ["amount", "金额"], ["maturity", "到期"], ["plan", "方案"], ["transfer", "转入"]];
const PAGE = 200;

class Digging extends Board<{ scores: Score[]; dug: Dug[] }> {
  static override styles = [
    ...Board.styles,
    css`
      .card + .card { margin-top: 12px; }
    `,
  ];

  protected async ask(): Promise<{ scores: Score[]; dug: Dug[] }> {
    const [scores, dug] = await Promise.all([
      client.get<{ advisors: Score[] }>(`/v1/insight/digging/scores${asked(this.q, "start", "end", "advisor", "branch")}`),
      client.get<{ items: Dug[] }>(`/v1/insight/digging${query({ advisor: this.q.advisor, branch: this.q.branch, limit: PAGE })}`),
    ]);
    return { scores: scores.advisors, dug: dug.items };
  }

  protected there({ scores, dug }: { scores: Score[]; dug: Dug[] }): TemplateResult {
    const columns: Column<Score>[] = [
      { name: "who", label: "投顾", head: true, value: (r) => r.advisor_name },
      { name: "contacts", label: "可深挖的会话", number: true, value: (r) => r.contacts, cell: (r) => (r.conversation_ids.length ? html`<button class="link" @click=${() => listTalks(`${r.advisor_name} · 可深挖的会话`, r.conversation_ids)}>${r.contacts}</button>` : html`${r.contacts}`) },
      { name: "rungs", label: "新知", number: true, value: (r) => r.rungs },
      { name: "asked", label: "其中问出来的", number: true, value: (r) => r.asked },
      { name: "per", label: "每次会话新知", number: true, value: (r) => r.per_contact },
      { name: "found", label: "发现金额", number: true, value: (r) => r.discovered.low, cell: (r) => r.discovered.text },
      { name: "waiting", label: "未谈的", number: true, value: (r) => r.untouched.low, cell: (r) => r.untouched.text },
      { name: "in", label: "转入", number: true, value: (r) => r.converted.yuan, cell: (r) => yuan(r.converted.yuan) },
    ];
    const assets = dug.flatMap((d) => d.assets.map((asset) => ({ ...asset, customer_id: d.customer_id, customer_name: d.customer_name })));
    return html`
      <section class="card"><h2>谁问了下一个问题 <span class="hint">每次会话新知道了几级</span></h2>
        <dk-table name="scores" caption="深挖得分" nothing="这段时间没有可深挖的会话。" file="深挖 ${this.q.start} ${this.q.end}" .columns=${columns} .rows=${scores}></dk-table></section>
      <section class="card"><h2>深挖阶梯 <span class="hint">每一级都有客户的话; 点开看</span></h2>
        ${assets.length ? html`<dk-table name="ladders" caption="深挖阶梯" .columns=${ladderColumns} .rows=${assets}></dk-table>` : empty("还没有人说过别处的资产。")}</section>`;
  }
}

type Owned = Asset & { customer_id: string; customer_name: string };

const ladderColumns: Column<Owned>[] = [
  { name: "who", label: "客户", head: true, value: (r) => r.customer_name || r.customer_id, cell: (r) => html`<a href="/advisor#${encodeURIComponent(r.customer_id)}">${r.customer_name || r.customer_id}</a>` },
  { name: "what", label: "资产", value: (r) => r.text },
  { name: "rungs", label: "阶梯", value: (r) => r.steps.length, cell: rungs },
  { name: "stage", label: "到哪一步", value: (r) => r.stage_label },
  { name: "next", label: "下一问", wide: true, value: (r) => r.next_question },
];

function rungs(asset: Owned): TemplateResult {
  return html`<span class="steps">${RUNGS.map(([rung, label]) => {
    const step = asset.steps.find((s) => s.rung === rung);
    if (!step) return html`<span class="badge" title="还不知道">${label}</span>`;
    if (!step.conversation_id) return html`<span class="badge brand" title=${step.quote}>${label}</span>`;
    return html`<button class="badge brand" title="${day(step.at)} ${step.quote}${heardText(step)}" @click=${() => openTalk(step.conversation_id!, { utterance: step.utterance, play: true })}>${label}</button>`;
  })}</span>`;
}

function listTalks(heading: string, ids: string[]): void {
  drawer(heading, html`<ol>${ids.map((id, n) => html`<li class="row"><button class="link" @click=${() => openTalk(id)}>第 ${n + 1} 次会话</button></li>`)}</ol>`);
}

// --- service strategy

interface Side {
  n: number;
  mean_score: number | null;
  conversation_ids: string[];
}

interface Adherence {
  advisor_id: string;
  advisor_name: string;
  novice: Side;
  experienced: Side;
  unscored: string[];
  moments: { rule: string; label: string; points: number; why: string; quotes: { utterance: number; quote: string }[]; conversation_id: string; demo: boolean }[];
}

const MOST_DAYS = 92;

class AdherenceBoard extends Board<Adherence[]> {
  static override styles = [...Board.styles, css`.card + .card { margin-top: 12px; } .moment { border-top: 1px solid var(--dk-line); padding: 8px 0; }`];

  protected async ask(): Promise<Adherence[]> {
    const days = (Date.parse(this.q.end) - Date.parse(this.q.start)) / 86_400_000;
    if (days >= MOST_DAYS) throw new Error(`每次会话都要读, 一次至多看 ${MOST_DAYS} 天: 请把时间选短一些`);
    return (await client.get<{ advisors: Adherence[] }>(`/v1/insight/adherence${asked(this.q, "start", "end", "advisor", "branch")}`)).advisors;
  }

  protected there(rows: Adherence[]): TemplateResult {
    const side = (name: "novice" | "experienced", label: string): Column<Adherence>[] => [
      { name: `${name}_n`, label: `${label}会话`, number: true, value: (r) => r[name].n, cell: (r) => (r[name].n ? html`<button class="link" @click=${() => listTalks(`${r.advisor_name} · ${label}`, r[name].conversation_ids)}>${r[name].n}</button>` : html`0`) },
      { name: `${name}_score`, label: `${label}得分`, number: true, value: (r) => r[name].mean_score, cell: (r) => (r[name].mean_score === null ? html`<span class="hint">–</span>` : html`${Math.round(r[name].mean_score)}`) },
    ];
    const columns: Column<Adherence>[] = [
      { name: "who", label: "投顾", head: true, value: (r) => r.advisor_name },
      ...side("novice", "小白"),
      ...side("experienced", "老手"),
      { name: "unscored", label: "经验未知", number: true, hint: "不知道客户经验的只列事实, 不评分", value: (r) => r.unscored.length },
    ];
    const moments = rows.flatMap((r) => r.moments.map((m) => ({ ...m, advisor: r.advisor_name })));
    return html`
      <section class="card"><h2>服务策略 <span class="hint">对小白说得明白, 对老手说得简要: 按客户的经验选评分表</span></h2>
        <dk-table name="adherence" caption="服务策略" nothing="这段时间没有会话。" file="服务策略 ${this.q.start} ${this.q.end}" .columns=${columns} .rows=${rows}></dk-table></section>
      <section class="card"><h2>值得听的地方</h2>
        ${moments.length
          ? moments.map((m) => html`<div class="moment"><b>${m.advisor}</b> ${m.label} <span class="hint">${m.why}</span><br />
              ${m.quotes.map((quote) => html`<button class="link" @click=${() => openTalk(m.conversation_id, { utterance: quote.utterance, play: true })}>▶ ${quote.quote}</button>${heard(m)}<br />`)}</div>`)
          : empty("没有扣分的地方。")}</section>`;
  }
}

// --- voices

interface Voices {
  weeks: string[];
  topics: { topic: string; label: string; weeks: number[]; negative: number; positive: number; suggestion: number }[];
}

class VoicesBoard extends Board<Voices> {
  static override styles = [
    ...Board.styles,
    css`
      .scroll { overflow-x: auto; }
      table { border-collapse: collapse; width: 100%; margin-top: 12px; }
      th, td { padding: 5px 8px; border-bottom: 1px solid var(--dk-line); text-align: center; font-weight: normal; white-space: nowrap; }
      th[scope="row"] { text-align: left; font-weight: bold; }
      thead th { color: var(--dk-soft); font-size: 12px; }
      .one, .more { background: var(--dk-brand-soft); } .more { font-weight: bold; }
    `,
  ];

  protected ask(): Promise<Voices> {
    return client.get(`/v1/reports/voices${asked(this.q, "start", "end", "branch", "advisor")}`);
  }

  protected there({ weeks, topics }: Voices): TemplateResult {
    if (!topics.length) return html`<section class="card"><h2>客户心声</h2>${empty("这段时间没有不满、称赞或建议。")}</section>`;
    const bars: Bars = {
      names: topics.map((t) => t.label),
      stacked: true,
      unit: "次",
      series: [
        { name: "不满", tone: "bad", values: topics.map((t) => t.negative) },
        { name: "称赞", tone: "good", values: topics.map((t) => t.positive) },
        { name: "建议", tone: "brand", values: topics.map((t) => t.suggestion) },
      ],
    };
    return html`<section class="card"><h2>客户心声 <span class="hint">按话题和周 (周一的日期); 点话题看原话</span></h2>
      <dk-chart label="各话题的不满、称赞和建议" .bars=${bars} @picked=${(e: CustomEvent<number>) => this.open(topics[e.detail]!)}></dk-chart>
      <div class="scroll" tabindex="0" role="region" aria-label="按话题和周"><table>
        <thead><tr><th scope="col">话题</th>${weeks.map((week) => html`<th scope="col">${Number(week.slice(5, 7))}/${Number(week.slice(8))}</th>`)}<th scope="col">不满</th><th scope="col">称赞</th><th scope="col">建议</th></tr></thead>
        <tbody>${topics.map((t) => html`<tr>
          <th scope="row"><button class="link" @click=${() => this.open(t)}>${t.label}</button></th>
          ${t.weeks.map((n) => html`<td class=${n > 1 ? "more" : n ? "one" : nothing}>${n || ""}</td>`)}
          <td class="late">${t.negative || ""}</td><td>${t.positive || ""}</td><td>${t.suggestion || ""}</td></tr>`)}</tbody>
      </table></div></section>`;
  }

  private open({ topic, label }: { topic: string; label: string }): void {
    const path = `/v1/reports/follow-up/list${query({ ...this.q, group: "firm", number: `voice:${topic}` })}`;
    openBehind(`客户心声 · ${label}`, path);
  }
}

customElements.define("dk-digging", Digging);
customElements.define("dk-adherence", AdherenceBoard);
customElements.define("dk-voices", VoicesBoard);
