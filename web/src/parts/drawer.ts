// 抽屉: something beside what is shown. A real <dialog>: the keyboard stays inside, Escape closes, the focus goes back.

import { LitElement, css, html, type TemplateResult } from "lit";
import { controls } from "../design/controls";
import { places } from "../design/places";

class Drawer extends LitElement {
  static override styles = [
    controls,
    places,
    css`
      dialog { position: fixed; inset: 0 0 0 auto; width: min(920px, 100vw); max-width: none; height: 100%; max-height: none; margin: 0; padding: 0; border: 0; background: var(--dk-paper); color: var(--dk-ink); box-shadow: var(--dk-shadow); }
      dialog::backdrop { background: rgb(10 25 22 / 35%); }
      .frame { display: flex; flex-direction: column; height: 100%; }
      header { display: flex; gap: 12px; align-items: center; padding: 10px 16px; border-bottom: 1px solid var(--dk-line); }
      h2 { flex: 1; font-size: 16px; }
      table { border-collapse: collapse; width: 100%; }
      td { padding: 4px 10px 4px 0; border-bottom: 1px solid var(--dk-line); vertical-align: top; }
      .body { overflow: auto; padding: 14px 16px 60px; flex: 1; }
    `,
  ];
  static override properties = { heading: {}, body: { attribute: false } };
  declare heading: string;
  declare body: TemplateResult;

  override firstUpdated(): void {
    this.renderRoot.querySelector("dialog")!.showModal();
  }

  close(): void {
    this.renderRoot.querySelector("dialog")?.close();
  }

  override render(): unknown {
    return html`<dialog aria-labelledby="heading" @close=${this.closed} @click=${this.beside}>
      <div class="frame">
        <header><h2 id="heading">${this.heading}</h2><button class="quiet" @click=${() => this.close()}>关闭</button></header>
        <div class="body" tabindex="-1">${this.body}</div>
      </div>
    </dialog>`;
  }

  private closed(): void {
    this.remove();
    dispatchEvent(new Event("dk-drawer-closed"));
  }

  private beside(event: MouseEvent): void {
    if (event.target === event.currentTarget) this.close();
  }
}

customElements.define("dk-drawer", Drawer);

/** Who chose another customer wants to see him. */
addEventListener("hashchange", () => document.querySelectorAll<Drawer>("dk-drawer").forEach((one) => one.close()));

export function drawer(heading: string, body: TemplateResult): { close: () => void } {
  const made = document.createElement("dk-drawer") as Drawer;
  made.heading = heading;
  made.body = body;
  document.body.append(made);
  return made;
}
