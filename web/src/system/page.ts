// 运行: what waits, what runs, what was refused and why, and which versions are at work.

import { css, html, nothing, type TemplateResult } from "lit";
import { stream } from "../base/live";
import { client } from "../base/session";
import { lasting, moment } from "../base/text";
import type { Page } from "../base/types";
import { controls } from "../design/controls";
import { places } from "../design/places";
import { show } from "../design/page";
import { Loading } from "../parts/load";
import "../parts/shell";
import "../parts/table";
import type { Column } from "../parts/table";
import { complain, say } from "../parts/toast";

interface Work {
  id: string;
  kind: string;
  title: string;
  total: number | null;
  done: number;
  failed: number;
  state: string;
  detail: string;
  rate: number;
  seconds_left: number | null;
  started_at: string;
  updated_at: string;
}

interface System {
  queue: Record<string, Record<string, number>>;
  recordings: Record<string, number>;
  quarantine: Record<string, number>;
  conversations: number;
  reading?: { read: number; waiting: number; refused: number };
  versions?: Record<string, string | Record<string, string> | null>;
  evaluation?: { at: string; match: number; strict: number; conversations: number; reader: string } | null;
  progress?: Work[];
  last_jobs: Record<string, string | null>;
}

interface Kept {
  id: number;
  door: string;
  source: string;
  code: string;
  detail: string;
  received_at: string;
  attempts: number;
}

interface Found {
  system: System;
  kept: Kept[];
  /** The playbooks' names. */
  books: Map<string, string>;
}

const STATES: Record<string, string> = {
  registered: "已登记", new: "已登记", needs_model: "等语音模型", transcribing: "转写中", running: "转写中", done: "已转写", suspect: "可疑", failed: "失败", waiting: "等待",
};
const JOBS: Record<string, string> = {
  deadline_sweep: "期限巡查", profile_expiry: "测评到期", weekly_report: "周报", monthly_report: "月报", nightly_report: "晚间报表", nightly_archive: "夜间归档",
  claim_strangers: "认领来客", reckon_time: "推算时间", maturity_reminders: "到期提醒", segments: "客群", measure_talks: "会话度量", recount_deadlines: "期限重算", forget_events: "清理行为",
};
const VERSIONS: Record<string, string> = { code: "程序", reader: "标签引擎", speech_model: "语音模型", speech_setting: "设置的语音模型", parameters: "画像参数", schema: "数据库结构" };
const QUEUES: Record<string, string> = { text: "阅读", speech: "转写", todo: "等待", doing: "进行", failed: "失败", succeeded: "完成" };
const DOORS: Record<string, string> = {
  branches: "营业部", advisors: "投资顾问", customers: "客户", identifiers: "客户标识", snapshots: "静态档案", consents: "同意与拒绝", conversation: "会话", transcript: "转写稿",
  wecom: "企业微信", recording: "录音", event: "行为事件", attempt: "呼叫未接", note: "拜访记录", file: "文件", process: "处理",
};
const WORK: Record<string, string> = { running: "进行中", done: "完成", failed: "中断", lost: "没有消息" };
const SETTLE_MS = 500;
const TOLD = new Set(["hello", "progress", "recordings"]);

class SystemPage extends Loading<Found> {
  static override styles = [
    controls,
    places,
    css`
      .body { padding: 14px 18px 60px; max-width: 1300px; width: 100%; margin: 0 auto; display: grid; grid-template-columns: repeat(12, minmax(0, 1fr)); gap: 12px; }
      .body > * { grid-column: span 12; }
      .third { grid-column: span 4; } .half { grid-column: span 6; }
      dl { display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 4px 18px; }
      dt { color: var(--dk-soft); } dd { overflow-wrap: anywhere; }
      dl + h2 { margin-top: 12px; }
      progress { width: 100%; height: 8px; accent-color: var(--dk-brand); }
      .work { display: grid; grid-template-columns: 130px minmax(0, 1fr) 170px; gap: 4px 14px; align-items: center; padding: 4px 0; border-top: 1px solid var(--dk-line); }
      .work .why { grid-column: 1 / -1; color: var(--dk-bad); overflow-wrap: anywhere; }
      @media (max-width: 860px) { .third, .half { grid-column: span 12; } .body { padding: 10px; } .work { grid-template-columns: minmax(0, 1fr) auto; } .work progress { grid-column: 1 / 3; grid-row: 2; } }
    `,
  ];
  private timer = 0;

  constructor() {
    super();
    void this.load();
    stream(client, "/v1/stream", ({ event }) => {
      if (!TOLD.has(event)) return;
      clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.load(false), SETTLE_MS);
    });
  }

  protected async ask(): Promise<Found> {
    const [system, kept, books] = await Promise.all([
      client.get<System>("/v1/system"),
      client.get<Page<Kept>>("/v1/quarantine?limit=200"),
      client.get<{ items: { id: string; label: string }[] }>("/v1/playbooks").catch(() => ({ items: [] })),
    ]);
    return { system, kept: kept.items, books: new Map(books.items.map((b) => [b.id, b.label])) };
  }

  override render(): unknown {
    return html`<dk-shell here="system"><div class="body"><h1>运行状况</h1>${super.render()}</div></dk-shell>`;
  }

  protected there({ system, kept, books }: Found): TemplateResult {
    const refused = Object.values(system.quarantine).reduce((sum, n) => sum + n, 0);
    const waiting = Object.entries(system.queue).flatMap(([queue, counts]) => Object.entries(counts).map(([status, n]): [string, number] => [`${QUEUES[queue] ?? queue} · ${QUEUES[status] ?? status}`, n]));
    return html`
      <section class="card third"><h2>录音</h2>${list(Object.entries(system.recordings).map(([state, n]) => [STATES[state] ?? state, n]), "没有录音")}</section>
      <section class="card third"><h2>会话</h2>${list([["已接入", system.conversations], ...(system.reading ? [["已读", system.reading.read] as [string, number], ["等着读", system.reading.waiting] as [string, number], ["客户不同意, 不读", system.reading.refused] as [string, number]] : [])], "")}</section>
      <section class="card third"><h2>队列</h2>${list(waiting, "没有在等的")}</section>
      ${system.progress?.length ? html`<section class="card"><h2>耗时的工作</h2>${system.progress.map(work)}</section>` : nothing}
      <section class="card"><h2>隔离区 ${refused} <span class="hint">收不下的都在这里, 原件没有丢${kept.length < refused ? `; 下面是其中 ${kept.length} 件` : ""}</span></h2>
        <dk-table name="quarantine" caption="隔离区" nothing="没有等待处理的。" file="隔离区" .columns=${this.columns()} .rows=${kept}></dk-table></section>
      <section class="card half"><h2>版本</h2>${list(versions(system.versions ?? {}, books), "")}
        <h2>评测</h2>${system.evaluation
          ? list([["一致", percent(system.evaluation.match)], ["严格", percent(system.evaluation.strict)], ["会话", system.evaluation.conversations], ["引擎", system.evaluation.reader], ["时间", moment(system.evaluation.at)]], "")
          : html`<p class="hint">还没有评测过 (dongke eval)。</p>`}</section>
      <section class="card half"><h2>定时任务 <span class="hint">最近一次完成</span></h2>${list(Object.entries(system.last_jobs).map(([job, at]) => [JOBS[job] ?? job, at ? moment(at) : "还没有"]), "还没有")}</section>
    `;
  }

  private columns(): Column<Kept>[] {
    return [
      { name: "at", label: "收到", value: (r) => r.received_at, cell: (r) => moment(r.received_at) },
      { name: "door", label: "入口", value: (r) => DOORS[r.door] ?? r.door },
      { name: "source", label: "来源", wide: true, value: (r) => r.source },
      { name: "detail", label: "原因", wide: true, value: (r) => r.detail, cell: (r) => html`${r.detail} <span class="hint">${r.code}</span>` },
      { name: "attempts", label: "试过", number: true, value: (r) => r.attempts },
      { name: "again", label: "", value: () => null, cell: (r) => html`<button @click=${(e: Event) => this.again(r, e)}>重试</button>` },
    ];
  }

  private async again(row: Kept, event: Event): Promise<void> {
    const button = event.currentTarget as HTMLButtonElement;
    button.disabled = true;
    try {
      const found = await client.post<{ resolved: boolean; detail: string | null }>(`/v1/quarantine/${row.id}/retry`, {});
      if (found.resolved) say("收下了");
      else complain(found.detail ?? "还是收不下");
      await this.load(false);
    } catch (fault) {
      complain(fault);
    } finally {
      button.disabled = false;
    }
  }
}

function list(rows: [string, unknown][], nobody: string): TemplateResult {
  if (!rows.length) return html`<p class="hint">${nobody}</p>`;
  return html`<dl>${rows.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

function work(w: Work): TemplateResult {
  const left = w.seconds_left ? `还要 ${lasting(w.seconds_left * 1000)}` : "";
  return html`<div class="work"><span>${w.title} ${w.state === "failed" || w.state === "lost" ? html`<span class="badge bad">${WORK[w.state]}</span>` : nothing}</span>
    <progress max=${w.total ?? 1} value=${w.total ? w.done : w.state === "done" ? 1 : 0} aria-label=${w.title}></progress>
    <span class="hint">${w.done}${w.total ? ` / ${w.total}` : ""}${w.failed ? ` · 失败 ${w.failed}` : ""} · ${w.state === "running" ? left : `${WORK[w.state] ?? w.state} ${moment(w.updated_at)}`}</span>
    ${w.detail && w.state !== "running" ? html`<span class="why">${w.detail}</span>` : nothing}</div>`;
}

const percent = (value: number): string => `${Math.round(value * 1000) / 10}%`;

function versions(found: NonNullable<System["versions"]>, books: Map<string, string>): [string, unknown][] {
  const { playbooks, ...others } = found;
  const rows: [string, unknown][] = Object.entries(others).map(([name, value]) => [VERSIONS[name] ?? name, value ?? "–"]);
  if (playbooks && typeof playbooks === "object") rows.push(["跟进规则", Object.entries(playbooks).map(([id, version]) => `${books.get(id) ?? id} 第 ${version} 版`).join(", ")]);
  return rows;
}

customElements.define("dk-system", SystemPage);
show("dk-system");
