// 图: ECharts, fetched when the first chart is shown. A picture only: the same numbers stand in a table beside it.

import { LitElement, css, html } from "lit";
import { controls } from "../design/controls";

export interface Bars {
  names: string[];
  series: { name: string; values: number[]; tone?: string }[];
  unit?: string;
  stacked?: boolean;
}

class Chart extends LitElement {
  static override styles = [controls, css`:host { display: block; height: 190px; } div { height: 100%; }`];
  static override properties = { bars: { attribute: false }, label: {} };
  declare bars: Bars;
  declare label: string;
  private drawn: { draw: (bars: Bars) => void; dispose: () => void } | undefined;
  private readonly dark = matchMedia("(prefers-color-scheme: dark)");

  override connectedCallback(): void {
    super.connectedCallback();
    this.dark.addEventListener("change", this.anew);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dark.removeEventListener("change", this.anew);
    this.drawn?.dispose();
    this.drawn = undefined;
  }

  private readonly anew = (): void => {
    this.drawn?.dispose();
    this.drawn = undefined;
    this.requestUpdate("bars");
  };

  override async updated(): Promise<void> {
    const { begin } = await import("./echarts");
    if (!this.isConnected) return;
    const look = getComputedStyle(this);
    this.drawn ??= begin(
      this.renderRoot.querySelector("div")!,
      (name) => look.getPropertyValue(`--dk-${name}`).trim(),
      (index) => this.dispatchEvent(new CustomEvent("picked", { detail: index })),
    );
    this.drawn.draw(this.bars);
  }

  override render(): unknown {
    return html`<div role="img" aria-label=${this.label}></div>`;
  }
}

customElements.define("dk-chart", Chart);
