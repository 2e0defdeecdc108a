// 搜会话: words in what was said, by all whom one may see. The words go in the body of the request, never in an address.

import { css, html, nothing, type TemplateResult } from "lit";
import { client } from "../base/session";
import { day, stamp } from "../base/text";
import type { Page } from "../base/types";
import { DEMO_MODEL, heardText } from "../parts/heard";
import { empty, Loading } from "../parts/load";
import { complain } from "../parts/toast";
import { rows } from "./lists";

interface Hit {
  conversation_id: string;
  customer_name: string;
  advisor_name: string;
  channel: string;
  source_text: string;
  started_at: string;
  utterance: number;
  speaker: string;
  start_ms: number | null;
  text: string;
  spans: [number, number][];
}

class Search extends Loading<Page<Hit>> {
  static override styles = [...Loading.styles, rows, css`form { display: flex; flex: 1; gap: 6px; }`];
  private words = "";

  protected ask(cursor: string | null = null): Promise<Page<Hit>> {
    return client.post("/v1/conversations/search", { words: this.words, limit: 40, cursor });
  }

  override firstUpdated(): void {
    this.renderRoot.querySelector("input")!.focus();
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    this.words = this.renderRoot.querySelector("input")!.value.trim();
    if (this.words) void this.load();
    else this.requestUpdate();
  }

  override render(): unknown {
    return html`<div class="tools"><form role="search" @submit=${this.submit}>
        <input type="search" placeholder="客户或投顾说过的话" aria-label="在会话里找" /><button class="primary" type="submit">找</button>
      </form></div>
      ${this.words ? super.render() : empty("两个字就能找到, 例如 打新、转走、养老。")}`;
  }

  protected there(page: Page<Hit>): TemplateResult {
    if (!page.items.length) return empty("没有人说过这些字。");
    return html`<ol>${page.items.map((hit) => this.row(hit))}</ol>
      ${page.next_cursor ? html`<button class="quiet more" @click=${() => this.more(page)}>更早的</button>` : nothing}`;
  }

  private async more(page: Page<Hit>): Promise<void> {
    await this.beneath(page, () => this.ask(page.next_cursor)).catch(complain);
  }

  private row(hit: Hit): TemplateResult {
    const open = new CustomEvent("talk", { detail: { id: hit.conversation_id, utterance: hit.utterance }, bubbles: true });
    const who = hit.speaker === "customer" ? "客户" : `投顾 ${hit.advisor_name}`;
    return html`<li><button @click=${() => this.dispatchEvent(open)}>
      <b>${hit.customer_name}</b><span class="hint when">${day(hit.started_at)}</span>
      <span class="wide">${marked(hit)}</span>
      <span class="hint">${hit.channel === "call" ? "电话" : "企业微信"} · ${who}${hit.channel === "call" && hit.start_ms !== null ? ` · ${stamp(hit.start_ms)}` : ""}${heardText({ demo: hit.source_text === DEMO_MODEL })}</span>
    </button></li>`;
  }
}

const AROUND = 24; // letters before the first hit

function marked({ text, spans }: Hit): unknown[] {
  const letters = [...text];
  const cut = Math.max(0, (spans[0]?.[0] ?? 0) - AROUND);
  const parts: unknown[] = [cut ? "…" : ""];
  let at = cut;
  for (const [start, end] of spans) {
    parts.push(letters.slice(at, start).join(""), html`<mark>${letters.slice(start, end).join("")}</mark>`);
    at = end;
  }
  parts.push(letters.slice(at, at + 2 * AROUND).join(""), at + 2 * AROUND < letters.length ? "…" : "");
  return parts;
}

customElements.define("dk-search", Search);
