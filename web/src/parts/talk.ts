// 会话: what was said, with the words marked that prove a tag; its sound as a wave, and the words that follow the sound.

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { part } from "../base/http";
import { client } from "../base/session";
import { clock, lasting, moment, stamp } from "../base/text";
import type { Conversation, Utterance } from "../base/types";
import { controls } from "../design/controls";
import { places } from "../design/places";
import { DEMO_MODEL } from "./heard";
import { Loading } from "./load";
import type { Wave } from "./wave";

const CHANNELS: Record<string, string> = { call: "电话", chat: "企业微信" };
const SPEAKERS: Record<string, string> = { advisor: "投顾", customer: "客户" };

export class Talk extends Loading<Conversation> {
  static override styles = [
    controls,
    places,
    css`
      .hint { margin-bottom: 8px; display: block; }
      dk-wave { margin: 4px 0 10px; }
      .note { background: var(--dk-warn-soft); color: var(--dk-warn); padding: 5px 10px; border-radius: var(--dk-radius); margin-bottom: 6px; }
      li { display: grid; grid-template-columns: 64px minmax(0, 1fr); gap: 2px 10px; padding: 5px 6px; border-radius: var(--dk-radius); border-left: 3px solid transparent; }
      li.customer { background: var(--dk-ground); }
      li + li { margin-top: 3px; }
      li.now { border-color: var(--dk-brand); }
      li.wanted { outline: 2px solid var(--dk-mark); }
      li.suspect .words { color: var(--dk-soft); font-style: italic; }
      .meta { color: var(--dk-soft); font-size: 12px; }
      .meta button { border: 0; background: none; padding: 0; color: var(--dk-brand); font-size: 12px; }
      .words { overflow-wrap: anywhere; }
      .tags { display: flex; gap: 4px; flex-wrap: wrap; margin-top: 3px; }
      mark.this { outline: 1px solid var(--dk-warn); }
      .negated { text-decoration: underline dotted var(--dk-bad); text-underline-offset: 4px; }
    `,
  ];
  static override properties = {
    ...Loading.properties,
    conversation: {},
    utterance: { type: Number },
    assertion: {},
    play: { type: Boolean },
    now: { state: true },
  };
  declare conversation: string;
  declare utterance: number | null;
  declare assertion: string;
  declare play: boolean;
  declare now: number;

  constructor() {
    super();
    this.utterance = null;
    this.assertion = "";
    this.play = false;
    this.now = -1;
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has("conversation")) void this.load();
  }

  protected async ask(): Promise<Conversation> {
    const found = await client.get<Conversation>(`/v1/conversations/${part(this.conversation)}`);
    if (found.has_audio) await import("./wave");
    return found;
  }

  protected override updated(changed: PropertyValues): void {
    if (!changed.has("found") || !this.found || this.utterance === null) return;
    this.renderRoot.querySelector(".wanted")?.scrollIntoView({ block: "center" });
    const wanted = this.found.utterances.find((u) => u.index === this.utterance);
    if (this.play && wanted) this.listen(wanted);
  }

  private listen({ start_ms, end_ms }: Utterance): void {
    if (start_ms !== null) void this.renderRoot.querySelector<Wave>("dk-wave")?.play(start_ms, end_ms);
  }

  protected there(talk: Conversation): TemplateResult {
    const direction = talk.channel === "chat" ? (talk.direction === "in" ? "客户先说" : "投顾先说") : talk.direction === "in" ? "客户打来" : "投顾打出";
    const length = Date.parse(talk.ended_at) - Date.parse(talk.started_at);
    const head = [CHANNELS[talk.channel] ?? talk.channel, direction, moment(talk.started_at), lasting(length), `${talk.customer_name || talk.customer_id} 与 ${talk.advisor_name}`];
    return html`
      <p class="hint">${head.join(" · ")}${talk.source_text ? html` <span class="badge ${talk.source_text === DEMO_MODEL ? "warn" : ""}" title="文字从哪里来">${talk.source_text}</span>` : nothing}</p>
      ${talk.read ? nothing : html`<p class="note">这次会话还没有读完, 标签稍后出现; 客户不同意分析的会话不读。</p>`}
      ${talk.notes.map((note) => html`<p class="note">${note}</p>`)}
      ${talk.has_audio
        ? html`<dk-wave .conversation=${talk.id} .recording=${talk.recording_id ?? ""} .length=${Math.max(length, ...talk.utterances.map((u) => u.end_ms ?? 0))} @at=${(e: CustomEvent<number>) => this.follow(e.detail)}></dk-wave>`
        : nothing}
      <ol aria-label="逐句">${talk.utterances.map((u) => this.line(u, talk))}</ol>
    `;
  }

  /** The line that is heard now, in sight. */
  private follow(ms: number): void {
    const said = this.found?.utterances.find((u) => u.start_ms !== null && u.start_ms <= ms && ms < (u.end_ms ?? u.start_ms));
    if (!said || said.index === this.now) return;
    this.now = said.index;
    void this.updateComplete.then(() => this.renderRoot.querySelector("li.now")?.scrollIntoView({ block: "nearest" }));
  }

  private line(u: Utterance, talk: Conversation): TemplateResult {
    const when = u.start_ms === null || talk.channel === "chat" ? (u.at ? clock(u.at) : "") : stamp(u.start_ms);
    const labels = [...new Set(u.tags.map((t) => t.label))];
    const classes = [u.speaker, u.suspect ? "suspect" : "", u.index === this.now ? "now" : "", u.index === this.utterance ? "wanted" : ""].join(" ");
    return html`<li class=${classes}>
      <span class="meta">${SPEAKERS[u.speaker] ?? u.speaker}<br />
        ${talk.has_audio && u.start_ms !== null ? html`<button aria-label="听这一句, ${when}" @click=${() => this.listen(u)}>▶ ${when}</button>` : when}
      </span>
      <div><span class="words">${u.revoked ? html`<i class="hint">已撤回</i>` : this.marked(u)}</span>
        ${u.suspect && !u.revoked ? html` <span class="badge warn" title="听得不确定, 不产生标签">转写可疑</span>` : nothing}
        ${labels.length ? html`<div class="tags">${labels.map((label) => html`<span class="badge brand">${label}</span>`)}</div>` : nothing}
      </div>
    </li>`;
  }

  /** The text with the evidence marked; offsets count characters, as the reader does. */
  private marked(u: Utterance): unknown {
    const letters = [...u.text];
    const level = letters.map((_, n) => {
      const here = u.tags.filter((t) => t.start <= n && n < t.end);
      return !here.length ? "" : here.some((t) => t.assertion_id === this.assertion) ? "this" : here.every((t) => t.polarity === "negated") ? "negated" : "tag";
    });
    const parts: unknown[] = [];
    for (let start = 0, n = 1; n <= letters.length; n++) {
      if (n < letters.length && level[n] === level[start]) continue;
      const text = letters.slice(start, n).join("");
      parts.push(level[start] ? html`<mark class=${level[start]}>${text}</mark>` : text);
      start = n;
    }
    return parts;
  }
}

customElements.define("dk-talk", Talk);
