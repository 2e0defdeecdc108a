// 早间清单: whom to call today, at most ten, each with its reasons.

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { part } from "../base/http";
import { client } from "../base/session";
import { due } from "../base/text";
import { empty, Loading } from "../parts/load";
import { rows } from "./lists";

interface Item {
  customer_id: string;
  customer_name: string;
  label: string | null;
  due_at: string | null;
  score: number;
  when: string;
  factors: { name: string; label: string; value: number; reason: string }[];
  also: { label: string | null }[];
}

interface Morning {
  items: Item[];
  waiting: number;
  blocked_count: number;
  blocked: { customer_id: string; customer_name: string; label: string | null; reason: string }[] | null;
}

class MorningList extends Loading<Morning> {
  static override styles = [...Loading.styles, rows];
  static override properties = { ...Loading.properties, chosen: {}, advisor: {} };
  declare chosen: string;
  declare advisor: string;

  override willUpdate(changed: PropertyValues): void {
    if (changed.has("advisor") && this.advisor) void this.load();
  }

  protected async ask(): Promise<Morning> {
    const found = await client.get<Morning>(`/v1/advisors/${part(this.advisor)}/morning?blocked=true`);
    const first = found.items[0];
    if (first) this.dispatchEvent(new CustomEvent("first", { detail: first.customer_id }));
    return found;
  }

  override render(): unknown {
    return this.advisor ? super.render() : empty("早间清单是给投资顾问的。");
  }

  protected there(list: Morning): TemplateResult {
    return html`
      ${list.items.length ? html`<ol>${list.items.map((item) => this.row(item))}</ol>` : empty("今天没有一定要联系的客户。")}
      ${list.waiting ? html`<p class="hint more">还有 ${list.waiting} 位排在后面</p>` : nothing}
      ${list.blocked?.length
        ? html`<details class="more"><summary class="hint">不在清单里的 ${list.blocked.length} 件, 和原因</summary>
            ${list.blocked.map((b) => html`<p><b>${b.customer_name}</b> ${b.label} <span class="hint">${b.reason}</span></p>`)}</details>`
        : nothing}
    `;
  }

  private row(item: Item): TemplateResult {
    const late = item.due_at !== null && Date.parse(item.due_at) < Date.now();
    const why = item.factors.filter((f) => ["value", "freshness", "reach"].includes(f.name)).map((f) => f.reason);
    return html`<li><button aria-current=${item.customer_id === this.chosen} title=${item.factors.map((f) => `${f.label} ${f.value}: ${f.reason}`).join("\n")}
        @click=${() => this.dispatchEvent(new CustomEvent("chosen", { detail: item.customer_id, bubbles: true }))}>
      <b>${item.customer_name || item.customer_id}</b><span class="badge" title="得分">${item.score}</span>
      <span class="wide">${item.label}${item.also.length ? html` <span class="hint">另有 ${item.also.map((a) => a.label).join("、")}</span>` : nothing}
        ${item.due_at ? html`<span class=${late ? "late" : "hint"}>${due({ due_at: item.due_at, overdue: late })}</span>` : nothing}</span>
      <span class="hint">${item.when === "不限" ? "" : `${item.when} · `}${why.join(" · ")}</span>
    </button></li>`;
  }
}

customElements.define("dk-morning", MorningList);
