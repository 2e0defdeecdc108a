// 改: the right value of a tag. What can be said of it comes from the service (GET /v1/tags/vocabulary). It borrows
// `html` from the card, so that both files need Lit once.

import type { TemplateResult } from "lit";
import type { Client } from "../base/http";
import type { Tag, Value } from "../base/types";

type Html = (strings: TemplateStringsArray, ...values: unknown[]) => TemplateResult;
type Kind = "choice" | "yuan" | "percent" | "date" | "time" | "text";

interface Slot {
  name: string;
  label: string;
  kind: Kind;
  options?: [string, string][];
}

export type Vocabulary = Record<string, Slot[]>;
const WAN = 10_000;

export const vocabulary = (client: Client): Promise<Vocabulary> => client.get<Vocabulary>("/v1/tags/vocabulary");

export function form(html: Html, tag: Tag, all: Vocabulary, give: (value: Value) => void): TemplateResult {
  const slots = all[tag.tag] ?? [];
  if (!slots.length) return html`<p class="hint">这一类标签没有可以改的内容, 请用 对 或 错。</p>`;
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const value = told(new FormData(event.target as HTMLFormElement), slots, tag);
    if (Object.keys(value).length) give(value);
  };
  return html`<form class="correct" @submit=${submit}>
    ${slots.map((slot) => html`<label>${slot.label}${field(html, slot, tag)}</label>`)}
    <button class="primary" type="submit">改成这样</button>
  </form>`;
}

function field(html: Html, { name, kind, options }: Slot, tag: Tag): TemplateResult {
  const value = shown(tag.value[name], kind);
  if (kind === "choice")
    return html`<select name=${name}>
      <option value="">–</option>
      ${options?.map(([code, text]) => html`<option value=${code} ?selected=${code === value}>${text}</option>`)}
    </select>`;
  const type = kind === "date" || kind === "time" || kind === "text" ? kind : "number";
  return html`<input name=${name} type=${type} value=${value} step="any" autocomplete="off" />`;
}

/** What the advisor changed; what he left alone keeps what the customer said. */
function told(form: FormData, slots: Slot[], tag: Tag): Value {
  const value: Value = {};
  for (const { name, kind } of slots) {
    const given = String(form.get(name) ?? "");
    if (given !== "" && given !== shown(tag.value[name], kind)) value[name] = read(given, kind);
  }
  return value;
}

function shown(value: unknown, kind: Kind): string {
  if (value === null || value === undefined) return "";
  return kind === "yuan" ? String(Number(value) / WAN) : String(value);
}

function read(given: string, kind: Kind): unknown {
  if (kind === "yuan") return Math.round(Number(given) * WAN);
  return kind === "percent" ? Number(given) : given;
}
