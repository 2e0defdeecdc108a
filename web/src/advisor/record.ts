// 记一次联系: in two clicks – how, and what came of it. It can be taken back for some seconds.

import { LitElement, css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { part, query } from "../base/http";
import { client } from "../base/session";
import type { Opportunity, Page } from "../base/types";
import { controls } from "../design/controls";
import { places } from "../design/places";
import { named } from "../parts/opportunity";
import { complain, say, soon } from "../parts/toast";

const KINDS: [string, string][] = [["call", "电话"], ["wechat", "微信"], ["visit", "面谈"], ["attempt", "没接通"]];
const MOST = 6;

class Record_ extends LitElement {
  static override styles = [
    controls,
    places,
    css`
      .kinds { display: grid; grid-template-columns: repeat(4, 1fr); gap: 6px; }
      .kinds button { padding: 6px 0; }
      textarea { width: 100%; min-height: 52px; margin: 8px 0 6px; resize: vertical; }
      .out { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; gap: 5px 6px; align-items: center; }
      .out span { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
      .only { margin-top: 8px; width: 100%; }
    `,
  ];
  static override properties = { customer: {}, kind: { state: true }, open: { state: true } };
  declare customer: string;
  declare kind: string;
  declare open: Opportunity[];
  /** What was written and is not noted: taken back, not arrived, or of a customer whom one left. */
  private readonly kept = new Map<string, { kind: string; text: string }>();

  constructor() {
    super();
    this.kind = "";
    this.open = [];
  }

  override willUpdate(changed: PropertyValues): void {
    if (!changed.has("customer")) return;
    const left = changed.get("customer") as string | undefined;
    if (left && this.kind && this.written) this.kept.set(left, { kind: this.kind, text: this.written });
    this.kind = "";
    this.write("");
    this.open = [];
    this.again();
    void this.load();
  }

  /** What is open of him; asked anew when something changed. */
  async load(): Promise<void> {
    const asked = this.customer;
    const path = `/v1/opportunities${query({ customer: asked, state: ["open", "contacted", "discussed"], limit: MOST })}`;
    const page = await client.get<Page<Opportunity>>(path).catch(() => null);
    if (page && asked === this.customer) this.open = page.items;
  }

  private get written(): string {
    return this.renderRoot.querySelector("textarea")?.value.trim() ?? "";
  }

  private write(text: string): void {
    const place = this.renderRoot.querySelector("textarea");
    if (place) place.value = text;
  }

  /** Shows again what is kept of this customer, unless something else is being written. */
  private again(): void {
    const found = this.kept.get(this.customer);
    if (!found || this.kind) return;
    this.kept.delete(this.customer);
    this.kind = found.kind;
    void this.updateComplete.then(() => this.write(found.text));
  }

  override render(): unknown {
    return html`<section class="card"><h2>记一次联系</h2>
      <div class="kinds" role="group" aria-label="怎样联系的">
        ${KINDS.map(([kind, text]) => html`<button aria-pressed=${this.kind === kind} @click=${() => this.pick(kind)}>${text}</button>`)}
      </div>
      ${this.kind && this.kind !== "attempt" ? this.outcomes() : nothing}
    </section>`;
  }

  private outcomes(): TemplateResult {
    return html`
      <textarea aria-label="说了什么" placeholder="说了什么 (可以不写)" maxlength="2000"></textarea>
      ${this.open.length
        ? html`<div class="out">${this.open.map(
            (o) => html`<span title=${named(o)}>${named(o)}</span>
              <button class="primary" aria-label="谈到了: ${named(o)}" @click=${() => this.note(o, "done")}>谈到了</button>
              <button aria-label="客户拒绝: ${named(o)}" @click=${() => this.note(o, "refused")}>拒绝</button>`,
          )}</div>`
        : nothing}
      <button class="only" @click=${() => this.note()}>只记联系, 没有谈到商机</button>
    `;
  }

  private pick(kind: string): void {
    this.kind = this.kind === kind ? "" : kind;
    if (this.kind === "attempt") this.note();
  }

  private note(about?: Opportunity, outcome?: string): void {
    const { customer, kind, written: text } = this;
    const back = (): void => {
      if (kind !== "attempt" || text) this.kept.set(customer, { kind: kind === "attempt" ? "call" : kind, text });
      this.again();
    };
    const how = KINDS.find(([code]) => code === kind)?.[1] ?? "";
    const given = { kind, text, opportunity_id: about?.id ?? null, outcome: outcome ?? null };
    this.kind = "";
    soon({
      undone: back,
      key: `contact ${customer} ${Date.now()}`,
      text: `记下: ${how}${about ? ` · ${named(about)} ${outcome === "done" ? "谈到了" : "客户拒绝"}` : ""}`,
      run: async (leaving) => {
        try {
          await client.post(`/v1/customers/${part(customer)}/contacts`, given, { keepalive: leaving });
          if (leaving) return;
          say("已记下");
          this.dispatchEvent(new CustomEvent("recorded"));
        } catch (fault) {
          complain(fault);
          back();
        }
      },
    });
  }
}

customElements.define("dk-record", Record_);
