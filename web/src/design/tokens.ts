// The colours, sizes and letters of all pages, as CSS custom properties `--dk-*`. Every pair of ink and ground that is
// used together has a contrast of at least 4.5.

import { css, unsafeCSS } from "lit";

const LIGHT = `
  --dk-ink: #17211f; --dk-soft: #55625f; --dk-line: #e1e6e4; --dk-paper: #fff; --dk-ground: #f3f5f4;
  --dk-brand: #0f6660; --dk-brand-soft: #e2f0ed; --dk-on-brand: #fff; --dk-mark: #ffe7a3;
  --dk-bad: #a8201a; --dk-bad-soft: #fdecea; --dk-warn: #7a4d00; --dk-warn-soft: #fdf2dc;
  --dk-good: #17663a; --dk-good-soft: #e4f4e9; --dk-shadow: 0 6px 24px rgb(20 40 36 / 16%);`;
const DARK = `
  --dk-ink: #e6ecea; --dk-soft: #a3b0ac; --dk-line: #303a38; --dk-paper: #1b2322; --dk-ground: #131918;
  --dk-brand: #5fc4b3; --dk-brand-soft: #1d3a36; --dk-on-brand: #06211d; --dk-mark: #6a5310;
  --dk-bad: #ff9d94; --dk-bad-soft: #45211f; --dk-warn: #f2c46b; --dk-warn-soft: #3d2f12;
  --dk-good: #7dd3a0; --dk-good-soft: #173524; --dk-shadow: 0 6px 24px rgb(0 0 0 / 50%);`;
const SIZES = `
  --dk-font: "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", system-ui, sans-serif;
  --dk-radius: 6px;`;

export const light = unsafeCSS(LIGHT);
export const dark = unsafeCSS(DARK);
export const sizes = unsafeCSS(SIZES);

/** For the widget on a foreign page: `--dongke-*` of that page come first; dark only where it says so. */
const themed = (text: string): string =>
  text.replace(/--dk-([a-z-]+): ([^;]+);/g, (_, name: string, value: string) => `--dk-${name}: var(--dongke-${name}, ${value});`);

export const widgetTokens = css`
  :host { ${unsafeCSS(themed(SIZES + LIGHT))} }
  :host([theme="dark"]) { ${unsafeCSS(themed(DARK))} }
  @media (prefers-color-scheme: dark) { :host([theme="auto"]) { ${unsafeCSS(themed(DARK))} } }
`;
