// <dongke-profile customer token base>: the card of a customer, for any page.
//
// Attributes: `customer` his number; `token` from POST /v1/widget/tokens, bound to one advisor and him; `base` the address
// of the service (where this file came from, if left out); `theme` light, dark or auto; `cache` keeps the last card for
// this tab. Colours and letters: CSS properties `--dongke-brand`, `--dongke-ink`, … (web/src/design/tokens.ts).
// Events (composed; also posted to this window and its parent as {source: "dongke", type, …}): `dongke-ready`,
// `dongke-verdict`, `dongke-hidden`, `dongke-evidence`, `dongke-opportunity`, `dongke-token`, `dongke-error`.

import { LitElement, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { Client, Problem, part } from "../base/http";
import { ago, amount, due, moment } from "../base/text";
import type { Evidence, Line, Offer, OpenOpportunity, Profile, Tag, Value, Verdict } from "../base/types";
import { controls } from "../design/controls";
import { widgetTokens } from "../design/tokens";
import type { Vocabulary } from "./correct";
import { Later, type Deed } from "./later";
import type { proof } from "./proof";
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
  private again: (() => unknown) | undefined; // what 重试 does: a deed that did not succeed, else asking anew
  private etag = "";
  private stale = false;
  private asked?: AbortController;
  private stopLive: (() => void) | undefined;
  private words?: Vocabulary;
  private form?: (tag: Tag) => TemplateResult;
  private proof?: typeof proof;

  constructor() {
    super();
    this.customer = this.token = this.base = this.fault = this.open = this.correcting = this.origin = "";
    this.profile = null;
    this.cache = this.readonly = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) void this.load(); // its page moved it
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    void this.later.flush();
    this.still();
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has("customer") || changed.has("base")) void this.load();
    else if (changed.has("token")) void this.load(Boolean(changed.get("token"))); // a fresh one of the same customer
  }

  /** Speaks of this customer for good: what is done later never goes out with the token of the next one. */
  private get own(): Client {
    const { customer, token } = this;
    const bearer = (): string => `Bearer ${customer === this.customer ? this.token : token}`;
    return (
      this.client ??
      new Client(this.base.replace(/\/$/, "") || HOME, () => ({ Authorization: bearer() }), () => this.tell("token", {}))
    );
  }

  /** The address holds no number of a customer where a token says who he is. */
  private path(what: string): string {
    return this.client ? `/v1/customers/${part(this.customer)}/${what}` : `/v1/widget/${what}`;
  }

  /** `same`: what is shown and what is being typed stay until the answer. */
  private async load(same = false): Promise<void> {
    this.still();
    if (!same) this.clear();
    if (this.customer && (this.token || this.client)) await this.refresh();
  }

  private still(): void {
    this.asked?.abort();
    this.stopLive?.();
    this.stopLive = undefined;
  }

  /** The first card of a customer is there: from now on what is new comes by itself. */
  private async begin({ tags }: Profile): Promise<void> {
    let stopped = false;
    const stop = (this.stopLive = () => void (stopped = true));
    this.tell("ready", { tags: tags.length });
    const { listen } = await import("./live");
    if (!stopped && this.stopLive === stop) this.stopLive = listen(this.own, () => void this.refresh());
  }

  private clear(): void {
    void this.later.flush();
    this.again = undefined;
    this.fault = this.etag = this.open = this.correcting = "";
    const kept = this.cache && this.customer ? sessionStorage.getItem(this.place) : null;
    this.stale = !!kept;
    this.profile = kept ? (JSON.parse(kept) as Profile) : null;
  }

  private get place(): string {
    return `dongke-card ${this.customer}`;
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
        if (this.cache) sessionStorage.setItem(this.place, JSON.stringify(found));
      }
      if (!this.again) this.fault = "";
      this.stale = false;
      this.requestUpdate();
      if (!this.stopLive && this.isConnected) void this.begin(this.profile!);
    } catch (fault) {
      if (!asked.signal.aborted) this.lose(fault);
    }
  }

  /** The card could not be had: whose it is not may not see the last one; else it stays, and says that it is old. */
  private lose(fault: unknown): void {
    const status = fault instanceof Problem ? fault.status : 0;
    if (status === 403 || status === 404 || (status === 401 && this.stale)) {
      this.profile = null;
      sessionStorage.removeItem(this.place);
    }
    this.stale = !!this.profile;
    this.fail(fault);
  }

  private fail(fault: unknown, what = "", again: (() => unknown) | undefined = undefined): void {
    const known = fault instanceof Problem ? fault : new Problem(0, "internal", "请再试一次");
    this.fault = what ? `${what}, 没有成功: ${known.message}` : known.message;
    this.again = again;
    this.tell("error", { code: known.code });
  }

  private retry(): void {
    const { again } = this;
    this.again = undefined;
    this.fault = "";
    void (again ? again() : this.refresh());
  }

  /** Done in some seconds. What did not succeed is told until it is tried again, not overwritten by what is new. */
  private put(key: string, text: string, deed: (leaving: boolean) => Promise<void>): void {
    const { customer } = this;
    const run: Deed["run"] = async (leaving) => {
      try {
        await deed(leaving);
        if (!leaving && customer === this.customer) await this.refresh();
      } catch (fault) {
        this.fail(fault, text, () => run(false));
      }
    };
    this.later.put({ key, text, run });
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
    this.put(tag.id, `「${tag.label}」记为 ${VERDICTS[verdict]}`, async (leaving) => {
      await client.post(`/v1/tags/${part(tag.id)}/feedback`, value ? { verdict, value } : { verdict }, { keepalive: leaving });
      this.tell("verdict", { assertion_id: tag.id, verdict });
    });
  }

  private hide(tag: Tag): void {
    const client = this.own;
    const path = this.path("rights");
    this.open = "";
    this.put(`hide ${tag.id}`, `「${tag.label}」不再显示`, async (leaving) => {
      const given = { kind: "tag", status: "deleted", subject: tag.tag, assertion_id: tag.id, source: "客户口头" };
      await client.post(path, given, { keepalive: leaving });
      this.tell("hidden", { assertion_id: tag.id });
    });
  }

  private async play(evidence: Evidence, tag: Tag): Promise<void> {
    this.tell("evidence", { conversation_id: evidence.conversation_id, utterance: evidence.utterance, assertion_id: tag.id });
    if (!evidence.audio) return;
    try {
      const { play } = await import("./player");
      await play(this.own, evidence);
    } catch (fault) {
      if ((fault as Error).name !== "AbortError") this.fail(fault, "播放录音", () => this.play(evidence, tag)); // another began
    }
  }

  private async toggle(id: string): Promise<void> {
    try {
      this.proof ??= (await import("./proof")).proof;
      this.open = this.open === id ? "" : id;
      this.correcting = "";
    } catch (fault) {
      this.fail(fault);
    }
  }

  private async correct(tag: Tag): Promise<void> {
    try {
      const { form, vocabulary } = await import("./correct");
      this.proof ??= (await import("./proof")).proof;
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
      ${this.fault ? html`<p class="fault" role="alert">${this.fault} <button @click=${() => this.retry()}>重试</button></p>` : nothing}
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
      ${p.opportunities.length ? html`<ul class="todo" aria-label="进行中的商机">${repeat(p.opportunities, (o) => o.id, (o) => this.opportunity(o))}</ul>` : nothing}
      ${repeat(p.categories, ({ name }) => name, ({ name, tag_ids }) => {
        const tags = p.tags.filter((t) => t.status === "active" && tag_ids.includes(t.id));
        return tags.length ? html`<section><h3>${name}</h3>${this.tags(tags)}</section>` : nothing;
      })}
      ${past.length ? html`<details><summary>不再成立的 ${past.length}</summary>${this.tags(past)}</details>` : nothing}
    `;
  }

  /** Each keeps its place in the page when another comes: focus and what is being typed stay with it. */
  private tags(tags: Tag[]): unknown {
    return repeat(tags, (t) => t.id, (t) => this.tag(t));
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
        ${this.stale ? html`<span class="badge warn">${this.fault ? "上次的卡, 没有更新" : "上次的卡, 正在更新"}</span>` : nothing}
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

  private evidence(t: Tag): unknown {
    const form = this.correcting === t.id ? this.form?.(t) : undefined;
    return this.proof?.(html, moment, t, form, (words) => void this.play(words, t), this.readonly ? undefined : () => this.hide(t));
  }
}

function offered(offer: Offer | null): TemplateResult | typeof nothing {
  if (!offer) return nothing;
  const may = offer.status === "allowed";
  return html`<span class="badge ${may ? "good" : "warn"}" title="${offer.text} (${offer.rule} ${offer.rule_version}, ${offer.law})">${may ? "可推荐" : "不可推荐"}</span>`;
}

if (!customElements.get("dongke-profile")) customElements.define("dongke-profile", DongkeProfile);
