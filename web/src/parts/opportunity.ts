// 商机: because of which words it is there, what happened since, and what its advisor notes of it by hand.

import { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { part } from "../base/http";
import { client, me } from "../base/session";
import { amount, day, due, moment, stamp } from "../base/text";
import type { Cause, Evidence, Opportunity, OpportunityDetail } from "../base/types";
import { controls } from "../design/controls";
import { places } from "../design/places";
import { drawer } from "./drawer";
import { heard } from "./heard";
import { Loading } from "./load";
import "./talk";
import { complain, say, soon } from "./toast";

const LIVE = new Set(["open", "contacted", "discussed"]);
/** What was written and did not arrive, or was taken back: there when the opportunity is opened again. */
const drafts = new Map<string, string>();
const ACTING = new Set(["advisor", "manager", "admin"]);

export const named = (o: { playbook_label: string; key_label: string | null }): string =>
  o.key_label ? `${o.playbook_label} · ${o.key_label}` : o.playbook_label;

export const isLate = (o: Opportunity): boolean => o.overdue && !o.discharged_at && LIVE.has(o.state);

export const state = (o: Opportunity): TemplateResult =>
  html`<span class="badge ${isLate(o) ? "bad" : o.state === "won" ? "good" : LIVE.has(o.state) ? "brand" : ""}"
    >${o.state_label}${o.self_reported ? " · 自报" : ""}${o.unassisted ? " · 非跟进所得" : ""}</span>`;

export function openTalk(id: string, { utterance = null, play = false, assertion = "" }: { utterance?: number | null; play?: boolean; assertion?: string } = {}): void {
  drawer("会话", html`<dk-talk .conversation=${id} .utterance=${utterance} .assertion=${assertion} .play=${play}></dk-talk>`);
}

export function openOpportunity(id: string, changed: () => void = () => undefined): void {
  const made = drawer("商机", html`<dk-opportunity .ident=${id} @changed=${changed} @done=${() => made.close()}></dk-opportunity>`);
}

class OpportunityView extends Loading<OpportunityDetail> {
  static override styles = [
    controls,
    places,
    css`
      h2 { font-size: 18px; margin-bottom: 4px; }
      h3 { margin: 16px 0 6px; color: var(--dk-soft); }
      .row { margin-bottom: 6px; }
      .quote { display: block; width: 100%; text-align: left; white-space: normal; border: 0; border-left: 3px solid var(--dk-mark); border-radius: 0; padding: 4px 10px; margin-bottom: 6px; background: none; }
      .quote:hover { background: var(--dk-ground); }
      li { display: grid; grid-template-columns: 118px minmax(0, 1fr); gap: 10px; padding: 5px 0; border-top: 1px solid var(--dk-line); }
      textarea { width: 100%; min-height: 60px; margin-bottom: 8px; }
    `,
  ];
  static override properties = { ...Loading.properties, ident: {}, acting: { state: true } };
  declare ident: string;
  declare acting: boolean;

  constructor() {
    super();
    this.acting = false;
    void me().then(({ role }) => (this.acting = ACTING.has(role)), () => undefined);
  }

  override willUpdate(changed: PropertyValues): void {
    if (changed.has("ident")) void this.load();
  }

  protected ask(): Promise<OpportunityDetail> {
    return client.get(`/v1/opportunities/${part(this.ident)}`);
  }

  protected there(o: OpportunityDetail): TemplateResult {
    return html`
      <h2>${named(o)} <span class="hint">${amount(o)}</span></h2>
      <p class="row"><a href="/advisor#${part(o.customer_id)}">${o.customer_name || o.customer_id}</a><span class="hint">${o.customer_id} · 投顾 ${o.owner_name}</span></p>
      <p class="row">${state(o)} <span class=${isLate(o) ? "late" : "hint"}>${o.discharged_at ? `${day(o.discharged_at)} 谈到` : due(o)}</span>
        ${o.attempts ? html`<span class="hint">打过 ${o.attempts} 次未接</span>` : nothing}
        ${o.due_provisional ? html`<span class="hint">交易日历未定</span>` : nothing}</p>
      ${o.suitability ? html`<p class="row"><span class="badge ${o.suitability.status === "allowed" ? "good" : "warn"}">${o.suitability.status === "allowed" ? "可推荐" : "不可推荐"}</span><span class="hint">${o.suitability.text}</span></p>` : nothing}
      ${o.evidence.length ? html`<h3>因为这些话</h3>${o.evidence.map((e) => quote(e, o.opened_by))}` : nothing}
      <h3>经过</h3>
      <ol>${o.causes.map(cause)}${o.actions.map((a) => html`<li><span class="hint">${moment(a.at)}</span><span>${a.outcome === "done" ? "自报已跟进" : "自报客户拒绝"} ${a.comment}</span></li>`)}</ol>
      ${this.acting && !o.closed_at && LIVE.has(o.state) ? this.form(o) : nothing}
    `;
  }

  private form(o: OpportunityDetail): TemplateResult {
    return html`<h3>登记结果</h3>
      <textarea aria-label="说明" placeholder="说明 (可以不写)" maxlength="2000" .value=${drafts.get(o.id) ?? ""}></textarea>
      <div class="row">
        <button class="primary" @click=${() => this.act(o, "done", "已跟进")}>已跟进</button>
        <button @click=${() => this.act(o, "refused", "客户拒绝")}>客户拒绝</button>
        <span class="hint">没有会话佐证的显示为自报</span>
      </div>`;
  }

  private act(o: OpportunityDetail, outcome: string, text: string): void {
    const comment = this.renderRoot.querySelector("textarea")!.value;
    drafts.set(o.id, comment);
    this.dispatchEvent(new CustomEvent("done"));
    soon({
      key: `act ${o.id}`,
      text: `「${named(o)}」记为 ${text}`,
      run: async (leaving) => {
        try {
          await client.post(`/v1/opportunities/${part(o.id)}/actions`, { outcome, comment }, { keepalive: leaving });
          drafts.delete(o.id);
          if (leaving) return;
          say(`已登记: ${text}`);
          this.dispatchEvent(new CustomEvent("changed"));
        } catch (fault) {
          complain(fault);
        }
      },
    });
  }
}

const quote = (e: Evidence, assertion: string): TemplateResult =>
  html`<button class="quote" @click=${() => openTalk(e.conversation_id, { utterance: e.utterance, play: e.start_ms !== null, assertion })}>
    ${e.start_ms === null ? nothing : "▶ "}${words(e)} <span class="hint">${e.speaker === "customer" ? "客户" : "投顾"}${e.start_ms === null ? "" : ` · ${stamp(e.start_ms)}`}</span>${heard(e)}
  </button>`;

function words({ sentence, quote: said }: Evidence): unknown {
  const at = sentence?.indexOf(said) ?? -1;
  return sentence && at >= 0 ? html`${sentence.slice(0, at)}<mark>${said}</mark>${sentence.slice(at + said.length)}` : html`<mark>${said}</mark>`;
}

function cause(c: Cause): TemplateResult {
  const talk = c.conversation;
  const said = (c.words ?? []).filter(Boolean);
  return html`<li><span class="hint">${moment(c.at)}</span><span>${c.text ?? c.why ?? ""}
    ${said.map((text) => html` <q>${text}</q>`)}${said.length ? heard(c) : nothing}
    ${talk ? html` <button class="link" @click=${() => openTalk(talk, { utterance: c.evidence?.[0] ?? null })}>看会话</button>` : nothing}</span></li>`;
}

customElements.define("dk-opportunity", OpportunityView);
