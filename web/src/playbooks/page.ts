// 跟进规则: what runs, and a trial of what may run on the past. Nothing is changed here: files are.

import { css, html, nothing, type TemplateResult } from "lit";
import { part } from "../base/http";
import { client } from "../base/session";
import { day, isoDay, DAY_MS } from "../base/text";
import { controls } from "../design/controls";
import { places } from "../design/places";
import { show } from "../design/page";
import { heard, heardText } from "../parts/heard";
import { Loading } from "../parts/load";
import "../parts/shell";
import "../parts/table";
import type { Column } from "../parts/table";

interface Book {
  id: string;
  version: string;
  label: string;
  due: { rule: string; days: number; hours: number; clock: string };
  opens: { tag: string; min_yuan: number | null }[];
  discharge: { channels: string[]; min_seconds: number; notes: boolean };
  escalate: { after_days: number; to: string }[];
  expires_after_days: number | null;
}

interface Finding {
  file: string;
  line: number;
  place: string;
  text: string;
  level: "error" | "warning";
}

interface Row {
  customer: string;
  owner: string;
  opened_at: string;
  due_at: string;
  state: string;
  overdue: boolean;
}

interface Trial {
  customers: number;
  summary: Record<string, number>;
  items: { changes: string[]; words: string; demo: boolean; tried: Row | null; running: Row | null }[];
}

const CHANGES: Record<string, string> = { opened: "新开", gone: "不再开", deadline: "期限不同", state: "状态不同", overdue: "逾期不同", owner: "负责人不同" };
const RULES: Record<string, string> = { trading_days: "个交易日内", hours: "个交易小时内", maturity: "到期前" };
const AGREED = new Set(["window", "date"]);
const TO: Record<string, string> = { advisor: "投顾", branch: "营业部", firm: "总部" };
const CHANNELS: Record<string, string> = { call: "电话", chat: "企业微信", visit: "面谈" };
const DAYS = 90;

class Playbooks extends Loading<Book[]> {
  static override styles = [
    controls,
    places,
    css`
      .body { display: grid; grid-template-columns: minmax(280px, 4fr) minmax(0, 8fr); gap: 14px; padding: 14px 18px 60px; max-width: 1500px; width: 100%; margin: 0 auto; align-items: start; }
      .book { display: block; width: 100%; text-align: left; white-space: normal; padding: 9px 12px; margin-bottom: 8px; }
      .book[aria-pressed="true"] { color: inherit; }
      .book .hint { display: block; }
      textarea { width: 100%; height: 46vh; font: 13px/1.5 ui-monospace, "Noto Sans Mono CJK SC", monospace; tab-size: 2; white-space: pre; }
      .findings li { padding: 3px 0; }
      .tiles { display: flex; gap: 18px; flex-wrap: wrap; margin-bottom: 10px; }
      .tiles b { font-size: 20px; }
      .card + .card { margin-top: 12px; }
      @media (max-width: 860px) { .body { grid-template-columns: minmax(0, 1fr); padding: 10px; } }
    `,
  ];
  static override properties = { ...Loading.properties, chosen: { state: true }, text: { state: true }, findings: { state: true }, trial: { state: true }, busy: { state: true }, wrong: { state: true } };
  declare chosen: string;
  declare text: string;
  declare findings: Finding[] | null;
  declare trial: Trial | null;
  declare busy: string;
  declare wrong: string;
  private file = "playbook.yaml";

  constructor() {
    super();
    this.chosen = this.text = this.busy = this.wrong = "";
    this.findings = this.trial = null;
    void this.load();
  }

  protected async ask(): Promise<Book[]> {
    const found = (await client.get<{ items: Book[] }>("/v1/playbooks")).items;
    if (found[0] && !this.chosen) void this.choose(found[0].id);
    return found;
  }

  private async doing(name: string, work: () => Promise<void>): Promise<void> {
    this.busy = name;
    this.wrong = "";
    try {
      await work();
    } catch (fault) {
      this.wrong = (fault as Error).message;
    } finally {
      this.busy = "";
    }
  }

  private choose(id: string): Promise<void> {
    this.chosen = id;
    this.findings = this.trial = null;
    this.text = ""; // until his own is there
    return this.doing("open", async () => {
      const { name, text } = await client.get<{ name: string; text: string }>(`/v1/playbooks/${part(id)}/text`);
      if (id !== this.chosen) return; // another was chosen meanwhile
      this.file = name;
      this.text = text;
    });
  }

  private get files(): { name: string; text: string }[] {
    return [{ name: this.file, text: this.renderRoot.querySelector("textarea")!.value }];
  }

  private lint(): Promise<void> {
    return this.doing("lint", async () => {
      this.findings = (await client.post<{ findings: Finding[] }>("/v1/playbooks/lint", { files: this.files })).findings;
    });
  }

  private dry(): Promise<void> {
    const value = (name: string): string => this.renderRoot.querySelector<HTMLInputElement>(`[name=${name}]`)!.value;
    return this.doing("dry", async () => {
      this.trial = null;
      this.findings = (await client.post<{ findings: Finding[] }>("/v1/playbooks/lint", { files: this.files })).findings;
      if (this.findings.some((f) => f.level === "error")) return;
      this.trial = await client.post<Trial>("/v1/playbooks/dry-run", { files: this.files, start: value("start"), end: value("end") });
    });
  }

  override render(): unknown {
    return html`<dk-shell here="playbooks"><div class="body"><div>${super.render()}</div><div>${this.editor()}${this.outcome()}</div></div></dk-shell>`;
  }

  protected there(books: Book[]): TemplateResult {
    return html`<h2>运行中的规则 <span class="hint">${books.length}</span></h2>
      ${books.map(
        (b) => html`<button class="book" aria-pressed=${b.id === this.chosen} @click=${() => this.choose(b.id)}>
          <b>${b.label}</b> <span class="badge">第 ${b.version} 版</span>
          <span class="hint">期限 ${deadline(b)} · ${b.discharge.channels.map((c) => CHANNELS[c] ?? c).join("、")}谈到 (至少 ${b.discharge.min_seconds} 秒)</span>
          <span class="hint">${b.escalate.map((e) => `逾期 ${e.after_days} 天 → ${TO[e.to] ?? e.to}`).join(", ")}</span>
        </button>`,
      )}`;
  }

  private editor(): TemplateResult {
    return html`<section class="card"><h2>${this.file} <span class="hint">改这里只是试, 什么都不会改; 生效要换文件</span></h2>
      <textarea spellcheck="false" aria-label="规则文件" .value=${this.text} ?disabled=${this.busy === "open"}></textarea>
      <p class="row">
        <label class="hint">从 <input type="date" name="start" value=${isoDay(Date.now() - DAYS * DAY_MS)} /></label>
        <label class="hint">到 <input type="date" name="end" value=${isoDay(Date.now())} /></label>
        <button class="primary" ?disabled=${Boolean(this.busy)} @click=${() => this.dry()}>${this.busy === "dry" ? "正在试运行 …" : "试运行"}</button>
        <button ?disabled=${Boolean(this.busy)} @click=${() => this.lint()}>只检查</button>
      </p>
      ${this.wrong ? html`<p class="failed" role="alert">${this.wrong}</p>` : nothing}
      ${this.findings?.length
        ? html`<ul class="findings" role="status">${this.findings.map((f) => html`<li><span class="badge ${f.level === "error" ? "bad" : "warn"}">${f.level === "error" ? "错误" : "注意"}</span> 第 ${f.line} 行 <code>${f.place}</code> ${f.text}</li>`)}</ul>`
        : this.findings
          ? html`<p class="hint" role="status">没有发现问题。</p>`
          : nothing}
    </section>`;
  }

  private outcome(): TemplateResult | typeof nothing {
    if (!this.trial) return nothing;
    const { customers, summary, items } = this.trial;
    const columns: Column<Trial["items"][number]>[] = [
      { name: "who", label: "客户", head: true, value: (r) => (r.tried ?? r.running)!.customer },
      { name: "changes", label: "变化", value: (r) => r.changes.map((c) => CHANGES[c] ?? c).join("、"), cell: (r) => html`${r.changes.length ? r.changes.map((c) => html`<span class="badge ${c === "gone" ? "bad" : c === "opened" ? "good" : "warn"}">${CHANGES[c] ?? c}</span> `) : html`<span class="hint">一样</span>`}` },
      { name: "opened", label: "何时说的", value: (r) => (r.tried ?? r.running)!.opened_at, cell: (r) => day((r.tried ?? r.running)!.opened_at) },
      { name: "running", label: "现在的期限", value: (r) => r.running?.due_at ?? null, cell: (r) => (r.running ? day(r.running.due_at) : "–") },
      { name: "tried", label: "试的期限", value: (r) => r.tried?.due_at ?? null, cell: (r) => (r.tried ? day(r.tried.due_at) : "–") },
      { name: "words", label: "原话", wide: true, value: (r) => r.words + heardText(r), cell: (r) => html`${r.words}${heard(r)}` },
    ];
    return html`<section class="card"><h2>试运行的结果 <span class="hint">看了 ${customers} 位客户的过去</span></h2>
      <div class="tiles"><span>现在会开 <b>${summary.running}</b></span><span>试的会开 <b>${summary.tried}</b></span>
        ${Object.entries(CHANGES).filter(([name]) => summary[name]).map(([name, text]) => html`<span>${text} <b>${summary[name]}</b></span>`)}</div>
      <dk-table name="trial" caption="试运行的结果" nothing="没有差别。" file="试运行" .columns=${columns} .rows=${items}></dk-table></section>`;
  }
}

function deadline({ due }: Book): string {
  if (AGREED.has(due.rule)) return "约定的时间";
  if (due.hours) return `${due.hours} ${RULES.hours}`;
  return `${due.days} ${RULES[due.rule] ?? due.rule}`;
}

customElements.define("dk-playbooks", Playbooks);
show("dk-playbooks");
