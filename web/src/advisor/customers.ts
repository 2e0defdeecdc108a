// 客户: all whom one may see, found by number or name.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { query } from "../base/http";
import { client } from "../base/session";
import { ago } from "../base/text";
import type { CustomerRow, Page } from "../base/types";
import { empty, Loading } from "../parts/load";
import { complain } from "../parts/toast";
import { rows } from "./lists";

const TYPING_MS = 200;
const STEP = 60;
const MOST = 200;

class Customers extends Loading<Page<CustomerRow>> {
  static override styles = [...Loading.styles, rows];
  static override properties = { ...Loading.properties, chosen: {}, advisor: {} };
  declare chosen: string;
  declare advisor: string;
  private words = "";
  private timer = 0;

  override firstUpdated(_: PropertyValues): void {
    void this.load();
  }

  protected ask(cursor: string | null = null): Promise<Page<CustomerRow>> {
    const limit = cursor ? STEP : Math.min(MOST, Math.max(STEP, this.found?.items.length ?? 0)); // what was opened stays open
    return client.get(`/v1/customers${query({ search: this.words, limit, cursor })}`);
  }

  private typed(event: Event): void {
    this.words = (event.target as HTMLInputElement).value.trim();
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.load(false), TYPING_MS);
  }

  private async more(page: Page<CustomerRow>): Promise<void> {
    await this.beneath(page, () => this.ask(page.next_cursor)).catch(complain);
  }

  override render(): unknown {
    return html`<div class="tools"><input type="search" placeholder="客户号或姓名" aria-label="客户号或姓名" @input=${this.typed} /></div>${super.render()}`;
  }

  protected there(page: Page<CustomerRow>): TemplateResult {
    if (!page.items.length) return empty(this.words ? "没有找到客户" : "还没有客户");
    return html`<ol>${page.items.map((c) => this.row(c))}</ol>
      ${page.next_cursor ? html`<button class="quiet more" @click=${() => this.more(page)}>更多</button>` : nothing}`;
  }

  private row(c: CustomerRow): TemplateResult {
    const last = c.last_contact_at ? ago(c.last_contact_at) : "未联系";
    return html`<li><button aria-current=${c.id === this.chosen} @click=${() => this.dispatchEvent(new CustomEvent("chosen", { detail: c.id, bubbles: true }))}>
      <b>${c.name || c.id}</b>
      ${c.overdue_opportunities
        ? html`<span class="badge bad">逾期 ${c.overdue_opportunities}</span>`
        : c.open_opportunities
          ? html`<span class="badge">商机 ${c.open_opportunities}</span>`
          : html`<span></span>`}
      <span class="hint">${c.id} · ${last}${c.advisor_id === this.advisor ? "" : ` · ${c.advisor_name}`}</span>
    </button></li>`;
  }
}

customElements.define("dk-customers", Customers);
