// 投顾页面: whom to call today, whom one serves, what was said; the customer's card, and what happened with him.

import { LitElement, css, html, nothing, type TemplateResult } from "lit";
import { tell, told } from "../base/address";
import { stream } from "../base/live";
import { client, me } from "../base/session";
import type { Me, Profile } from "../base/types";
import { controls } from "../design/controls";
import { places } from "../design/places";
import { show } from "../design/page";
import { openOpportunity, openTalk } from "../parts/opportunity";
import "../parts/shell";
import { complain } from "../parts/toast";
import type { DongkeProfile } from "../widget/profile";
import "../widget/profile";
import "./customers";
import "./facts";
import "./history";
import "./morning";
import "./record";
import "./search";
import type { History } from "./history";

const TABS: [string, string][] = [["morning", "今天"], ["customers", "客户"], ["search", "搜会话"]];
const SETTLE_MS = 400;

class AdvisorPage extends LitElement {
  static override styles = [
    controls,
    places,
    css`
      .frame { display: grid; grid-template: minmax(0, 1fr) / 290px minmax(0, 1fr) 330px; flex: 1; height: calc(100vh - 47px); }
      .pane { overflow: auto; min-height: 0; }
      .list { background: var(--dk-paper); border-right: 1px solid var(--dk-line); display: flex; flex-direction: column; }
      .tabs { display: flex; position: sticky; top: 0; background: var(--dk-paper); z-index: 1; border-bottom: 1px solid var(--dk-line); }
      .tabs button { flex: 1; border: 0; border-radius: 0; padding: 9px 0; background: none; color: var(--dk-soft); border-bottom: 2px solid transparent; }
      .tabs button[aria-selected="true"] { color: var(--dk-brand); border-color: var(--dk-brand); font-weight: bold; }
      .middle { padding: 14px; }
      .side { padding: 14px 14px 40px 0; display: flex; flex-direction: column; gap: 12px; }
      dongke-profile { border: 1px solid var(--dk-line); border-radius: 8px; padding: 14px 16px; }
      .back { display: none; }
      @media (max-width: 1080px) { .frame { grid-template-columns: 250px minmax(0, 1fr); grid-template-rows: auto auto; height: auto; } .list { grid-row: 1 / 3; max-height: calc(100vh - 47px); position: sticky; top: 47px; } .side { padding: 0 14px 40px; } }
      @media (max-width: 720px) { .frame { display: block; } .list { position: static; max-height: none; border: 0; } .middle, .side { padding: 10px; } .frame.one .list { display: none; } .frame:not(.one) :is(.middle, .side) { display: none; } .back { display: inline-block; margin-bottom: 8px; } dongke-profile { padding: 10px; } }
    `,
  ];
  static override properties = { tab: { state: true }, customer: { state: true }, who: { state: true }, profile: { state: true } };
  declare tab: string;
  declare customer: string;
  declare who: Me | null;
  declare profile: Profile | null;
  private timer = 0;

  constructor() {
    super();
    this.who = this.profile = null;
    this.customer = decodeURIComponent(location.hash.slice(1));
    this.tab = told().get("tab") ?? "";
    addEventListener("hashchange", () => (this.customer = decodeURIComponent(location.hash.slice(1))));
    me().then((who) => {
      this.who = who;
      if (!this.tab) this.tab = who.advisor_id ? "morning" : "customers";
      stream(client, "/v1/stream", ({ data }) => this.changed(String(data.customer_id ?? "")));
    }, complain);
  }

  private readonly shown = (profile: Profile): void => {
    this.profile = profile;
  };

  /** Something is new of that customer: what is shown of him, and the list, ask again. */
  private changed(customer: string): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.refresh(!customer || customer === this.customer || Boolean(this.profile?.members.includes(customer))), SETTLE_MS);
  }

  private refresh(card = true): void {
    for (const name of ["dk-morning", "dk-customers"]) void this.renderRoot.querySelector<LitElement & { load: (fresh: boolean) => Promise<void> }>(name)?.load(false);
    if (!card) return;
    void this.renderRoot.querySelector<DongkeProfile>("dongke-profile")?.refresh();
    void this.renderRoot.querySelector<History>("dk-history")?.load(false);
    void this.renderRoot.querySelector<LitElement & { load: () => Promise<void> }>("dk-record")?.load();
  }

  override render(): unknown {
    const acting = this.who && ["advisor", "manager", "admin"].includes(this.who.role);
    return html`<dk-shell here="advisor"><div class="frame ${this.customer ? "one" : ""}">
      <div class="pane list">
        <div class="tabs" role="tablist" aria-label="列表" @keydown=${this.arrow}>
          ${TABS.map(([name, text]) => html`<button role="tab" id="tab-${name}" aria-controls="panel" aria-selected=${this.tab === name} tabindex=${this.tab === name ? 0 : -1} @click=${() => this.turn(name)}>${text}</button>`)}
        </div>
        <div id="panel" role="tabpanel" aria-labelledby="tab-${this.tab || "morning"}" @chosen=${(e: CustomEvent<string>) => this.choose(e.detail)}>${this.panel()}</div>
      </div>
      <div class="pane middle">
        ${this.customer
          ? html`<button class="back" @click=${() => this.choose("")}>‹ 返回列表</button>
              <dongke-profile theme="auto" customer=${this.customer} .client=${client} .shown=${this.shown} ?readonly=${!acting}
                @dongke-opportunity=${(e: CustomEvent<{ opportunity_id: string }>) => openOpportunity(e.detail.opportunity_id, () => this.refresh())}
                @dongke-verdict=${() => this.refresh(false)}></dongke-profile>
              <dk-facts .profile=${this.profile?.members.includes(this.customer) ? this.profile : null}></dk-facts>`
          : html`<p class="empty">从左边选一位客户。</p>`}
      </div>
      <div class="pane side">
        ${this.customer
          ? html`${this.who?.advisor_id ? html`<dk-record .customer=${this.customer} @recorded=${() => this.refresh()}></dk-record>` : nothing}
              <dk-history .customer=${this.customer} @opportunity=${(e: CustomEvent<string>) => openOpportunity(e.detail, () => this.refresh())} @talk=${(e: CustomEvent<string>) => openTalk(e.detail)}></dk-history>`
          : nothing}
      </div>
    </div></dk-shell>`;
  }

  private panel(): TemplateResult | typeof nothing {
    if (!this.who) return nothing;
    if (this.tab === "customers") return html`<dk-customers .chosen=${this.customer} .advisor=${this.who.advisor_id ?? ""}></dk-customers>`;
    if (this.tab === "search") return html`<dk-search @talk=${(e: CustomEvent<{ id: string; utterance: number }>) => openTalk(e.detail.id, { utterance: e.detail.utterance })}></dk-search>`;
    return html`<dk-morning .chosen=${this.customer} .advisor=${this.who.advisor_id ?? ""} @first=${(e: CustomEvent<string>) => this.begin(e.detail)}></dk-morning>`;
  }

  private turn(name: string): void {
    this.tab = name;
    tell({ tab: name });
  }

  private arrow(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const names = TABS.map(([name]) => name);
    this.turn(names[(names.indexOf(this.tab) + step + names.length) % names.length]!);
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>("[aria-selected='true']")?.focus());
  }

  /** Where there is room, the day begins with the first of the list. */
  private begin(id: string): void {
    if (!this.customer && matchMedia("(min-width: 721px)").matches) this.choose(id);
  }

  private choose(id: string): void {
    location.hash = encodeURIComponent(id);
    this.customer = id;
  }
}

customElements.define("dk-advisor-page", AdvisorPage);
show("dk-advisor-page");
