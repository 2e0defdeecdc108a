// <dongke-profile customer token base>: the card of a customer, for any page.
//
// Attributes: `customer` his number; `token` from POST /v1/widget/tokens, bound to one advisor and him; `base` the address
// of the service (where this file came from, if left out); `theme` light, dark or auto; `cache` keeps the last card for
// this tab. Colours and letters: CSS properties `--dongke-brand`, `--dongke-ink`, … (web/src/design/tokens.ts).
// Events (composed; also posted to this window and its parent as {source: "dongke", type, …}): `dongke-ready`,
// `dongke-verdict`, `dongke-hidden`, `dongke-evidence`, `dongke-opportunity`, `dongke-token`, `dongke-error`.

import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { Client, Problem, part } from "../base/http";
import { ago, amount, due, moment } from "../base/text";
import type { Evidence, Line, Offer, OpenOpportunity, Profile, Tag, Value, Verdict } from "../base/types";
import { controls } from "../design/controls";
import { widgetTokens } from "../design/tokens";
import type { Vocabulary } from "./correct";
import { Later } from "./later";
import { styles } from "./styles";

const HOME = new URL(import.meta.url).origin;
const VERDICTS: Record<Verdict, string> = { right: "对", wrong: "错", corrected: "改" };
const STATUS: Record<string, string> = { contradicted: "已改口", expired: "已过期", removed: "已否定", suspended: "依据待复核" };
const FIELDS =
  "members,contradictions,three_lines,next_question,tags,categories,contact,static,behaviour,suitability,rights,opportunities";

export class DongkeProfile extends LitElement {
  static override styles = [widgetTokens, controls, styles];
  static override properties = {
    customer: {},
    token: {},
    base: {},
    cache: { type: Boolean },
    readonly: { type: Boolean },
    origin: {},
    profile: { state: true },
    fault: { state: true },
    open: { state: true },
    correcting: { state: true },
  };

  declare customer: string;
  declare token: string;
  declare base: string;
  declare cache: boolean;
  declare readonly: boolean;
  /** Where messages to the parent window may go; only the embedding page sets it. */
  declare origin: string;
  declare profile: Profile | null;
  declare fault: string;
  declare open: string;
  declare correcting: string;
  /** Set by pages of the service itself, which are signed in. */
  client?: Client;
  /** Called with every card that is shown; for pages of the service itself. */
  shown?: (profile: Profile) => void;

  private readonly later = new Later(() => this.requestUpdate());
  private etag = "";
  private stale = false;
  private asked?: AbortController;
  private stopLive?: () => void;
  private words?: Vocabulary;
  private form?: (tag: Tag) => TemplateResult;

  constructor() {
    super();
    this.customer = this.token = this.base = this.fault = this.open = this.correcting = this.origin = "";
    this.profile = null;
    this.cache = this.readonly = false;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.later.flush();
    this.asked?.abort();
    this.stopLive?.();
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has("customer") || changed.has("token") || changed.has("base")) void this.load();
  }

  private get own(): Client {
    return (
      this.client ??
      new Client(this.base.replace(/\/$/, "") || HOME, () => ({ Authorization: `Bearer ${this.token}` }), () => this.tell("token", {}))
    );
  }

  /** The address holds no number of a customer where a token says who he is. */
  private path(what: string): string {
    return this.client ? `/v1/customers/${part(this.customer)}/${what}` : `/v1/widget/${what}`;
  }

  private async load(): Promise<void> {
    this.later.flush();
    this.stopLive?.();
    this.profile = null;
    this.fault = this.etag = this.open = this.correcting = "";
    if (!this.customer || !(this.token || this.client)) return;
    const kept = this.cache ? sessionStorage.getItem(`dongke-card ${this.customer}`) : null;
    this.stale = Boolean(kept);
    if (kept) this.profile = JSON.parse(kept) as Profile;
    await this.refresh();
    if (this.profile && !this.fault) {
      this.tell("ready", { tags: this.profile.tags.length });
      const { listen } = await import("./live");
      if (this.isConnected) this.stopLive = listen(this.own, () => void this.refresh());
    }
  }

  /** Asks again; nothing moves where nothing changed. */
  async refresh(): Promise<void> {
    this.asked?.abort();
    const asked = (this.asked = new AbortController());
    try {
      const headers: Record<string, string> = this.etag ? { "If-None-Match": this.etag } : {};
      const answer = await this.own.request(`${this.path("profile")}?fields=${FIELDS}`, { headers, signal: asked.signal });
      if (answer.status !== 304) {
        const found = (await answer.json()) as Profile;
        if (found.customer !== this.customer && !found.members.includes(this.customer))
          throw new Problem(403, "token-other", "凭证不是给这位客户的");
        this.etag = answer.headers.get("ETag") ?? "";
        this.profile = found;
        this.shown?.(found);
        if (this.cache) sessionStorage.setItem(`dongke-card ${this.customer}`, JSON.stringify(found));
      }
      this.fault = "";
      this.stale = false;
      this.requestUpdate();
    } catch (fault) {
      if (!asked.signal.aborted) this.fail(fault);
    }
  }

  private fail(fault: unknown): void {
    const known = fault instanceof Problem ? fault : new Problem(0, "internal", "画像显示不了");
    this.fault = known.message;
    this.tell("error", { code: known.code });
  }

  private tell(type: string, detail: Record<string, unknown>): void {
    this.dispatchEvent(new CustomEvent(`dongke-${type}`, { detail, bubbles: true, composed: true }));
    const message = { source: "dongke", type, ...detail };
    window.postMessage(message, location.origin);
    if (this.origin && parent !== window) parent.postMessage(message, this.origin);
  }

  // --- what the advisor does

  private say(tag: Tag, verdict: Verdict, value?: Value): void {
    this.correcting = "";
    const client = this.own;
    this.later.put({
      key: tag.id,
      text: `「${tag.label}」记为 ${VERDICTS[verdict]}`,
      run: async (leaving) => {
        try {
          await client.post(`/v1/tags/${part(tag.id)}/feedback`, value ? { verdict, value } : { verdict }, { keepalive: leaving });
          this.tell("verdict", { assertion_id: tag.id, verdict });
          if (!leaving) await this.refresh();
        } catch (fault) {
          this.fail(fault);
        }
      },
    });
  }

  private hide(tag: Tag): void {
    const client = this.own;
    const path = this.path("rights");
    this.open = "";
    this.later.put({
      key: `hide ${tag.id}`,
      text: `「${tag.label}」不再显示`,
      run: async (leaving) => {
        try {
          const given = { kind: "tag", status: "deleted", subject: tag.tag, assertion_id: tag.id, source: "客户口头" };
          await client.post(path, given, { keepalive: leaving });
          this.tell("hidden", { assertion_id: tag.id });
          if (!leaving) await this.refresh();
        } catch (fault) {
          this.fail(fault);
        }
      },
    });
  }

  private async play(evidence: Evidence, tag: Tag): Promise<void> {
    this.tell("evidence", { conversation_id: evidence.conversation_id, utterance: evidence.utterance, assertion_id: tag.id });
    if (!evidence.audio) return;
    try {
      const { play } = await import("./player");
      await play(this.own, evidence);
    } catch (fault) {
      this.fail(fault);
    }
  }

  private toggle(id: string): void {
    this.open = this.open === id ? "" : id;
    this.correcting = "";
  }

  private async correct(tag: Tag): Promise<void> {
    try {
      const { form, vocabulary } = await import("./correct");
      const all = (this.words ??= await vocabulary(this.own));
      this.form = (t) => form(html, t, all, (value) => this.say(t, "corrected", value));
      this.open = tag.id;
      this.correcting = this.correcting === tag.id ? "" : tag.id;
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>(".correct select, .correct input")?.focus();
    } catch (fault) {
      this.fail(fault);
    }
  }

  // --- what is shown

  override render(): unknown {
    const p = this.profile;
    return html`
      ${this.fault ? html`<p class="fault" role="alert">${this.fault} <button @click=${() => this.refresh()}>重试</button></p>` : nothing}
      ${p ? this.card(p) : this.fault ? nothing : this.skeleton()}
      <div class="undo" role="status" aria-live="polite">
        ${this.later.all.map(
          (deed) => html`<p><span>${deed.text}</span><button @click=${() => this.later.drop(deed.key)}>撤销</button></p>`,
        )}
      </div>
    `;
  }

  private skeleton(): TemplateResult {
    return html`<div class="wait" role="status" aria-busy="true" aria-label="正在打开画像">
      ${[60, 90, 75, 85, 40, 95, 90, 95].map((width) => html`<i class="w${width}"></i>`)}
    </div>`;
  }

  private card(p: Profile): TemplateResult {
    const past = p.tags.filter((t) => t.status !== "active");
    return html`
      ${this.head(p)}
      ${p.contradictions.length
        ? html`<ul class="against" aria-label="矛盾">${p.contradictions.map(
            (c) => html`<li><b>${c.label}</b> ${c.text}<span class="ask">${c.question}</span></li>`,
          )}</ul>`
        : nothing}
      ${p.three_lines.length
        ? html`<ol class="lines" aria-label="现在要紧的三件事">${p.three_lines.map((l) => html`<li>${this.line(l)}</li>`)}</ol>`
        : html`<p class="hint">客户还没有说过能记下来的事。</p>`}
      ${p.next_question ? html`<p class="next"><b>下一问</b><span>${this.line(p.next_question)}</span></p>` : nothing}
      <dl class="reach">
        <div title=${p.contact.time.reason}><dt>何时联系</dt><dd>${p.contact.time.text}</dd></div>
        <div title=${p.contact.channel.reason}><dt>怎样联系</dt><dd>${p.contact.channel.text}</dd></div>
      </dl>
      ${p.opportunities.length ? html`<ul class="todo" aria-label="进行中的商机">${p.opportunities.map((o) => this.opportunity(o))}</ul>` : nothing}
      ${p.categories.map(({ name, tag_ids }) => {
        const tags = p.tags.filter((t) => t.status === "active" && tag_ids.includes(t.id));
        return tags.length ? html`<section><h3>${name}</h3>${tags.map((t) => this.tag(t))}</section>` : nothing;
      })}
      ${past.length ? html`<details><summary>不再成立的 ${past.length}</summary>${past.map((t) => this.tag(t))}</details>` : nothing}
    `;
  }

  private head(p: Profile): TemplateResult {
    const s = p.suitability as { blocked?: string; is_expired?: boolean; highest_product?: string } | null;
    const limit = s?.blocked || (s?.is_expired ? "风险测评已过期" : "");
    const life = p.behaviour.lifecycle;
    return html`<header>
      <h2>${p.static.name ?? p.customer} <span class="hint">${p.customer}</span></h2>
      <span class="marks">
        ${p.static.risk_level ? html`<span class="badge brand" title="登记的风险等级">${p.static.risk_level}</span>` : nothing}
        ${limit
          ? html`<span class="badge warn">${limit}</span>`
          : s?.highest_product
            ? html`<span class="badge">最高可推 ${s.highest_product}</span>`
            : nothing}
        ${life?.value ? html`<span class="badge" title=${life.reason}>${life.text}</span>` : nothing}
        ${p.rights?.text ? html`<span class="badge warn">${p.rights.text}</span>` : nothing}
        ${this.stale ? html`<span class="badge">上次的卡, 正在更新</span>` : nothing}
      </span>
    </header>`;
  }

  private line(l: Line): TemplateResult {
    return html`${l.text} ${offered(l.suitability)} <span class="hint">${l.reason}</span>`;
  }

  private opportunity(o: OpenOpportunity): TemplateResult {
    const late = o.overdue && !o.discharged_at;
    return html`<li>
      <button class="chance" @click=${() => this.tell("opportunity", { opportunity_id: o.id })}>
        <b>${o.playbook_label}${o.key_label ? ` · ${o.key_label}` : ""}</b><span class="sum">${amount(o)}</span>
        <span class="meta"><span class="badge ${late ? "bad" : ""}">${o.state_label}</span> ${offered(o.suitability)}
          <span class=${late ? "late" : "hint"}>${o.discharged_at ? "等结果" : due(o)}</span></span>
      </button>
    </li>`;
  }

  private tag(t: Tag): TemplateResult | typeof nothing {
    const waiting = this.later.all.map((deed) => deed.key);
    if (waiting.includes(`hide ${t.id}`)) return nothing;
    const open = this.open === t.id;
    const percent = Math.round(t.strength * 100);
    return html`<article class="${t.status} ${t.polarity} ${waiting.includes(t.id) ? "said" : ""}">
      <div class="tag">
        <button class="what" aria-expanded=${open} @click=${() => this.toggle(t.id)}>
          <span class="label">${t.label}</span> <b>${t.value_text}</b>
          ${STATUS[t.status] ? html`<span class="badge warn">${STATUS[t.status]}</span>` : nothing}
          ${t.source === "corrected" ? html`<span class="badge">人工更正</span>` : nothing}
          ${t.holder === "household" ? html`<span class="badge">家里的</span>` : nothing}
          ${offered(t.suitability)}
        </button>
        <span class="how" title="强度 ${percent}%, ${moment(t.said_at)}${t.told_times > 1 ? `, 说过 ${t.told_times} 次` : ""}">
          <meter min="0" max="100" value=${percent} aria-label="强度"></meter><span class="hint">${ago(t.said_at)}</span>
        </span>
        ${this.readonly || t.status !== "active" ? nothing : this.verdicts(t)}
      </div>
      ${open ? this.evidence(t) : nothing}
    </article>`;
  }

  private verdicts(t: Tag): TemplateResult {
    const given = t.corrections.at(-1)?.verdict;
    return html`<span class="verdicts" role="group" aria-label="「${t.label}」对吗">
      <button aria-pressed=${given === "right"} @click=${() => this.say(t, "right")}>对</button
      ><button @click=${() => this.say(t, "wrong")}>错</button
      ><button aria-expanded=${this.correcting === t.id} @click=${() => this.correct(t)}>改</button>
    </span>`;
  }

  private evidence(t: Tag): TemplateResult {
    return html`<div class="proof">
      ${this.correcting === t.id
        ? this.form?.(t)
        : nothing}
      <ul>${distinct(t.evidence).map((e) => this.quote(e, t))}</ul>
      ${t.support.map((s) => html`<p class="hint">佐证: ${s.text}</p>`)}
      ${t.reason ? html`<p class="hint">${t.reason}</p>` : nothing}
      <details class="hint"><summary>${t.source_text} · 可信度 ${Math.round(t.confidence * 100)}%</summary>${t.explanation.text}</details>
      ${this.readonly ? nothing : html`<button class="quiet" @click=${() => this.hide(t)}>这条不再显示 (客户不愿意)</button>`}
    </div>`;
  }

  private quote(e: Evidence, t: Tag): TemplateResult {
    const at = e.sentence?.indexOf(e.quote) ?? -1;
    const words = e.sentence && at >= 0
      ? html`${e.sentence.slice(0, at)}<mark>${e.quote}</mark>${e.sentence.slice(at + e.quote.length)}`
      : html`<mark>${e.quote}</mark>`;
    return html`<li>
      <button class="quote ${e.speaker}" @click=${() => this.play(e, t)}>
        <span>${e.audio ? html`<span class="play" aria-label="播放">▶</span>` : nothing}${words}</span>
        <span class="hint">${e.speaker === "customer" ? "客户" : "投顾"} · ${moment(e.said_at)}${e.demo ? " · 演示模型" : ""}</span>
      </button>
    </li>`;
  }
}

function offered(offer: Offer | null): TemplateResult | typeof nothing {
  if (!offer) return nothing;
  const may = offer.status === "allowed";
  return html`<span class="badge ${may ? "good" : "warn"}" title="${offer.text} (${offer.rule} ${offer.rule_version}, ${offer.law})">${may ? "可推荐" : "不可推荐"}</span>`;
}

/** One quote an utterance, the longest; the newest talk first, and in it the customer's words. */
function distinct(evidence: Evidence[]): Evidence[] {
  const found = new Map<string, Evidence>();
  for (const e of evidence) {
    const key = `${e.conversation_id} ${e.utterance}`;
    if ((found.get(key)?.quote.length ?? -1) < e.quote.length) found.set(key, e);
  }
  return [...found.values()].sort((a, b) =>
    a.conversation_id === b.conversation_id
      ? Number(b.speaker === "customer") - Number(a.speaker === "customer") || a.utterance - b.utterance
      : b.said_at.localeCompare(a.said_at),
  );
}

if (!customElements.get("dongke-profile")) customElements.define("dongke-profile", DongkeProfile);
