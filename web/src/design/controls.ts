// What all components look like: letters, buttons, fields, badges, hints.

import { css } from "lit";

export const controls = css`
  :host { font: 14px/1.5 var(--dk-font); color: var(--dk-ink); font-variant-numeric: tabular-nums; }
  *, ::before, ::after { box-sizing: border-box; }
  [hidden] { display: none !important; }
  h1, h2, h3, p, ol, ul, dl, dd, figure { margin: 0; padding: 0; }
  ol, ul { list-style: none; }
  h1 { font-size: 20px; } h2 { font-size: 15px; } h3 { font-size: 13px; }
  button, input, select, textarea { font: inherit; color: inherit; }
  button { border: 1px solid var(--dk-line); border-radius: var(--dk-radius); background: var(--dk-paper); padding: 3px 10px; cursor: pointer; white-space: nowrap; }
  button:hover { border-color: var(--dk-soft); }
  button:disabled { opacity: .55; cursor: default; }
  button[aria-pressed="true"] { background: var(--dk-brand-soft); border-color: var(--dk-brand); color: var(--dk-brand); }
  .primary { background: var(--dk-brand); border-color: var(--dk-brand); color: var(--dk-on-brand); }
  .quiet { border-color: transparent; background: none; color: var(--dk-soft); }
  .quiet:hover { color: var(--dk-ink); background: var(--dk-ground); border-color: transparent; }
  a { color: var(--dk-brand); }
  :focus-visible { outline: 2px solid var(--dk-brand); outline-offset: 1px; border-radius: 3px; }
  input, select, textarea { border: 1px solid var(--dk-line); border-radius: var(--dk-radius); background: var(--dk-paper); padding: 4px 8px; min-width: 0; }
  .hint { color: var(--dk-soft); font-size: 12px; font-weight: normal; }
  .badge { display: inline-block; padding: 0 6px; border-radius: 4px; background: var(--dk-ground); color: var(--dk-soft); font-size: 12px; line-height: 20px; white-space: nowrap; font-weight: normal; }
  .badge.brand { background: var(--dk-brand-soft); color: var(--dk-brand); }
  .badge.bad { background: var(--dk-bad-soft); color: var(--dk-bad); }
  .badge.warn { background: var(--dk-warn-soft); color: var(--dk-warn); }
  .badge.good { background: var(--dk-good-soft); color: var(--dk-good); }
  .late { color: var(--dk-bad); }
  mark { background: var(--dk-mark); color: inherit; border-radius: 2px; }
`;
