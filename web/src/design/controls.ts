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
  .link { border: 0; padding: 0; background: none; color: var(--dk-brand); text-align: left; white-space: normal; }
  .link:hover { text-decoration: underline; }
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
  .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;

/** What the pages have beside: cards, waiting, empty and failed places. */
export const places = css`
  .card { background: var(--dk-paper); border: 1px solid var(--dk-line); border-radius: 8px; padding: 12px 14px; }
  .card > h2 { margin-bottom: 8px; display: flex; gap: 8px; align-items: baseline; flex-wrap: wrap; }
  .card > h2 .hint { margin-left: auto; }
  .empty { color: var(--dk-soft); padding: 16px 4px; }
  .failed { color: var(--dk-bad); background: var(--dk-bad-soft); border-radius: var(--dk-radius); padding: 8px 12px; display: flex; gap: 12px; align-items: center; }
  .skeleton { border-radius: 4px; background: var(--dk-line); opacity: .7; height: 14px; margin: 10px 0; animation: dk-wait 1.2s ease-in-out infinite alternate; }
  @keyframes dk-wait { to { opacity: .35; } }
  @media (prefers-reduced-motion: reduce) { .skeleton { animation: none; } }
  .row { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; }
  .grow { flex: 1; }
`;
