// 企业微信侧边栏: whose chat is open, his card. The skeleton is there at once; when 企业微信 has said whose chat it is, his last
// card of this tab, never that of another chat. The JS-SDK is fetched only inside 企业微信.

import { LitElement, css, html } from "lit";
import { client } from "../base/session";
import { controls } from "../design/controls";
import { places } from "../design/places";
import "../design/page";
import { show } from "../design/page";
import { skeleton } from "../parts/load";
import type { DongkeProfile } from "../widget/profile";
import { contact } from "./sdk";
import "../widget/profile";

const KNOWN = "dongke-wecom ";

class Wecom extends LitElement {
  static override styles = [controls, places, css`:host { display: block; background: var(--dk-paper); min-height: 100vh; } div, dongke-profile { padding: 10px 12px; } .failed { margin: 10px; }`];
  static override properties = { customer: { state: true }, fault: { state: true } };
  declare customer: string;
  declare fault: string;

  constructor() {
    super();
    this.customer = this.fault = "";
    void this.open();
  }

  private async open(): Promise<void> {
    this.fault = "";
    try {
      const external_userid = await contact();
      this.customer = sessionStorage.getItem(KNOWN + external_userid) ?? "";
      const { customer_id } = await client.post<{ customer_id: string }>("/v1/wecom/customer", { external_userid });
      sessionStorage.setItem(KNOWN + external_userid, customer_id);
      this.customer = customer_id;
    } catch (fault) {
      this.customer = "";
      this.fault = (fault as Error).message;
    }
  }

  private async show(id: string): Promise<void> {
    const { openOpportunity } = await import("../parts/opportunity");
    openOpportunity(id, () => void this.renderRoot.querySelector<DongkeProfile>("dongke-profile")?.refresh());
  }

  override render(): unknown {
    return html`<main aria-label="客户画像">${this.fault
      ? html`<p class="failed" role="alert">${this.fault} <button @click=${() => this.open()}>重试</button></p>`
      : this.customer
        ? html`<dongke-profile theme="auto" cache customer=${this.customer} .client=${client}
            @dongke-opportunity=${(e: CustomEvent<{ opportunity_id: string }>) => this.show(e.detail.opportunity_id)}></dongke-profile>`
        : html`<div>${skeleton(9)}</div>`}</main>`;
  }
}

customElements.define("dk-wecom", Wecom);
show("dk-wecom");
