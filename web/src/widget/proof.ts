// What stands behind a tag: the words, what else speaks for it, how it was found. It borrows `html` from the card, so that
// both files need Lit once.

import type { TemplateResult } from "lit";
import type { Evidence, Tag } from "../base/types";

type Html = (strings: TemplateStringsArray, ...values: unknown[]) => TemplateResult;

/** `form`: of 改, where it is open; `hide`: left out where nothing may be changed. */
export function proof(
  html: Html,
  when: (at: string) => string,
  t: Tag,
  form: TemplateResult | undefined,
  play: (words: Evidence) => void,
  hide: (() => void) | undefined,
): TemplateResult {
  return html`<div class="proof">
    ${form}
    <ul>${distinct(t.evidence).map((e) => quote(html, when, e, play))}</ul>
    ${t.support.map((s) => html`<p class="hint">佐证: ${s.text}</p>`)}
    ${t.reason ? html`<p class="hint">${t.reason}</p>` : ""}
    ${t.suitability ? html`<p class="hint">适当性: ${t.suitability.text}</p>` : ""}
    <details class="hint"><summary>${t.source_text} · 可信度 ${Math.round(t.confidence * 100)}%</summary>${t.explanation.text}</details>
    ${hide ? html`<button class="quiet" @click=${hide}>这条不再显示 (客户不愿意)</button>` : ""}
  </div>`;
}

function quote(html: Html, when: (at: string) => string, e: Evidence, play: (words: Evidence) => void): TemplateResult {
  const at = e.sentence?.indexOf(e.quote) ?? -1;
  const words = e.sentence && at >= 0
    ? html`${e.sentence.slice(0, at)}<mark>${e.quote}</mark>${e.sentence.slice(at + e.quote.length)}`
    : html`<mark>${e.quote}</mark>`;
  return html`<li>
    <button class="quote ${e.speaker}" @click=${() => play(e)}>
      <span>${e.audio ? html`<span class="play" aria-label="播放">▶</span>` : ""}${words}</span>
      <span class="hint">${e.speaker === "customer" ? "客户" : "投顾"} · ${when(e.said_at)}${e.demo ? " · 演示模型" : ""}</span>
    </button>
  </li>`;
}

/** One quote an utterance, the longest; the newest talk first, and in it the customer's words. */
function distinct(evidence: Evidence[]): Evidence[] {
  const found = new Map<string, Evidence>();
  for (const e of evidence) {
    const key = `${e.conversation_id} ${e.utterance}`;
    if ((found.get(key)?.quote.length ?? -1) < e.quote.length) found.set(key, e);
  }
  return [...found.values()].sort((a, b) =>
    a.conversation_id === b.conversation_id
      ? Number(b.speaker === "customer") - Number(a.speaker === "customer") || a.utterance - b.utterance
      : b.said_at.localeCompare(a.said_at),
  );
}
