// 做过的与登记的: what the deeds and the file say of the customer, beside what he said. Each figure with its reason.

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { yuan } from "../base/text";
import type { Profile } from "../base/types";
import { controls } from "../design/controls";
import { places } from "../design/places";

const UNKNOWN = "数据不足";
const INVESTORS: Record<string, string> = { ordinary: "普通投资者", professional: "专业投资者" };
const IN_HEAD = new Set(["best_contact_time", "best_channel", "lifecycle"]); // the card has them already

class Facts extends LitElement {
  static override styles = [
    controls,
    places,
    css`
      :host { display: block; margin-top: 12px; }
      dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 300px), 1fr)); gap: 4px 24px; }
      div { display: grid; grid-template-columns: 8em minmax(0, 1fr); gap: 8px; padding: 3px 0; border-bottom: 1px solid var(--dk-line); }
      dt { color: var(--dk-soft); }
      h2 button { font-size: 12px; font-weight: normal; }
      .unknown dd { color: var(--dk-soft); }
      dd .hint { display: block; }
    `,
  ];
  static override properties = { profile: { attribute: false }, why: { state: true } };
  declare profile: Profile | null;
  /** The reasons are shown. */
  declare why: boolean;

  constructor() {
    super();
    this.profile = null;
    this.why = false;
  }

  override render(): unknown {
    const p = this.profile;
    if (!p) return nothing;
    const done = Object.entries(p.behaviour).filter(([name]) => !IN_HEAD.has(name));
    return html`<section class="card"><h2>做过的与登记的 <span class="hint">行为和档案</span><button class="quiet" aria-pressed=${this.why} @click=${() => (this.why = !this.why)}>依据</button></h2>
      <dl>${filed(p).map(([label, text]) => this.row(label, text, "客户档案"))}${done.map(([, f]) => this.row(f.label, f.text, f.reason))}</dl></section>`;
  }

  private row(label: string, text: string, reason: string): TemplateResult {
    return html`<div title=${reason} class=${text === UNKNOWN ? "unknown" : nothing}><dt>${label}</dt><dd>${text}${this.why ? html`<span class="hint">${reason}</span>` : nothing}</dd></div>`;
  }
}

function filed({ static: s, suitability }: Profile): [string, string][] {
  const text = (name: string): string => (s[name] === undefined || s[name] === null ? "" : String(s[name]));
  const sum = (name: string): string => (text(name) ? yuan(Number(s[name])) : "");
  const permissions = Array.isArray(s.permission_labels) ? s.permission_labels.join("、") : "";
  const valid = suitability as { expires_on?: string } | null;
  const rows: [string, string][] = [
    ["年龄", text("age") && `${text("age")} 岁`],
    ["账户资产", sum("assets_yuan")],
    ["可用资金", sum("cash_yuan")],
    ["开户", text("opened_on")],
    ["风险等级", [text("risk_level"), text("questionnaire_on") && `${text("questionnaire_on")} 测评`, valid?.expires_on && `${valid.expires_on} 到期`].filter(Boolean).join(", ")],
    ["投资者", INVESTORS[text("investor_type")] ?? text("investor_type")],
    ["已开权限", permissions],
  ];
  return rows.filter(([, told]) => told);
}

customElements.define("dk-facts", Facts);
