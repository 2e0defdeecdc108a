// 企业微信侧边栏: whose chat is open, his card. The skeleton is there at once, the last card of this chat as well; the
// JS-SDK is fetched only inside 企业微信.

import { LitElement, css, html } from "lit";
import { client } from "../base/session";
import { controls, places } from "../design/controls";
import "../design/page";
import { show } from "../design/page";
import { skeleton } from "../parts/load";
import { contact } from "./sdk";
import "../widget/profile";

const LAST = "dongke-wecom-last";

class Wecom extends LitElement {
  static override styles = [controls, places, css`:host { display: block; background: var(--dk-paper); min-height: 100vh; } div, dongke-profile { padding: 10px 12px; } .failed { margin: 10px; }`];
  static override properties = { customer: { state: true }, fault: { state: true } };
  declare customer: string;
  declare fault: string;

  constructor() {
    super();
    this.customer = sessionStorage.getItem(LAST) ?? "";
    this.fault = "";
    void this.open();
  }

  private async open(): Promise<void> {
    this.fault = "";
    try {
      const { customer_id } = await client.post<{ customer_id: string }>("/v1/wecom/customer", { external_userid: await contact() });
      sessionStorage.setItem(LAST, customer_id);
      this.customer = customer_id;
    } catch (fault) {
      this.customer = "";
      this.fault = (fault as Error).message;
    }
  }

  override render(): unknown {
    return html`<main aria-label="客户画像">${this.fault
      ? html`<p class="failed" role="alert">${this.fault} <button @click=${() => this.open()}>重试</button></p>`
      : this.customer
        ? html`<dongke-profile theme="auto" cache customer=${this.customer} .client=${client}></dongke-profile>`
        : html`<div>${skeleton(9)}</div>`}</main>`;
  }
}

customElements.define("dk-wecom", Wecom);
show("dk-wecom");
