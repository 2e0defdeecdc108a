// 提示: what was done, with the way back where there is one. <dk-toasts> stands once on a page.

import { LitElement, css, html, nothing } from "lit";
import { controls } from "../design/controls";
import { Later, type Deed } from "../widget/later";

const SHOWN_MS = 4000;
const BAD_MS = 12_000; // what went wrong can be read to its end
let box: Toasts | undefined;

class Toasts extends LitElement {
  static override styles = [
    controls,
    css`
      :host { position: fixed; left: 50%; bottom: 20px; transform: translateX(-50%); z-index: 50; width: min(420px, calc(100vw - 24px)); }
      p { display: flex; justify-content: space-between; align-items: center; gap: 12px; margin-top: 8px; padding: 7px 8px 7px 16px; background: var(--dk-ink); color: var(--dk-paper); border-radius: var(--dk-radius); box-shadow: var(--dk-shadow); min-height: 40px; }
      .bad { background: var(--dk-bad); color: var(--dk-paper); }
      button { background: none; border-color: currentcolor; color: inherit; }
    `,
  ];
  static override properties = { said: { state: true } };
  declare said: { text: string; bad: boolean }[];
  readonly later = new Later(() => this.requestUpdate());

  constructor() {
    super();
    this.said = [];
  }

  override firstUpdated(): void {
    this.setAttribute("role", "status");
    this.setAttribute("aria-live", "polite");
  }

  say(text: string, bad: boolean): void {
    const one = { text, bad };
    this.said = [...this.said, one];
    setTimeout(() => (this.said = this.said.filter((other) => other !== one)), bad ? BAD_MS : SHOWN_MS);
  }

  override render(): unknown {
    return html`
      ${this.later.all.map((deed) => html`<p><span>${deed.text}</span><button @click=${() => this.later.drop(deed.key)}>撤销</button></p>`)}
      ${this.said.map(({ text, bad }) => html`<p class=${bad ? "bad" : nothing}>${text}</p>`)}
    `;
  }
}

customElements.define("dk-toasts", Toasts);

/** In the newest open dialog, or on the page: what stands under a dialog cannot be reached. */
function place(): Toasts {
  box ??= document.createElement("dk-toasts") as Toasts;
  const drawer = [...document.querySelectorAll("dk-drawer")].at(-1);
  const ground = drawer?.shadowRoot?.querySelector("dialog[open]") ?? document.body;
  if (box.parentElement !== ground) ground.append(box);
  return box;
}

addEventListener("dk-drawer-closed", () => box && place());

export const say = (text: string): void => place().say(text, false);
export const complain = (fault: unknown): void => place().say(fault instanceof Error ? fault.message : String(fault), true);
/** Done after some seconds unless it is taken back. */
export const soon = (deed: Deed): void => place().later.put(deed);
