// What only the pages have: apart, so that the widget does not carry it.

import { css } from "lit";

/** What the pages have beside: cards, waiting, empty and failed places. */
export const places = css`
  .card { background: var(--dk-paper); border: 1px solid var(--dk-line); border-radius: 8px; padding: 12px 14px; }
  .card > h2 { margin-bottom: 8px; display: flex; gap: 8px; align-items: baseline; flex-wrap: wrap; }
  .card > h2 .hint { margin-left: auto; }
  .empty { color: var(--dk-soft); padding: 16px 4px; }
  .failed { color: var(--dk-bad); background: var(--dk-bad-soft); border-radius: var(--dk-radius); padding: 8px 12px; display: flex; gap: 12px; align-items: center; }
  .failed:not(:last-child) { margin-bottom: 10px; }
  .skeleton { border-radius: 4px; background: var(--dk-line); opacity: .7; height: 14px; margin: 10px 0; animation: dk-wait 1.2s ease-in-out infinite alternate; }
  @keyframes dk-wait { to { opacity: .35; } }
  @media (prefers-reduced-motion: reduce) { .skeleton { animation: none; } }
  .link { border: 0; padding: 0; background: none; color: var(--dk-brand); text-align: left; white-space: normal; }
  .link:hover { text-decoration: underline; }
  .sr { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .row { display: flex; gap: 8px; align-items: center; flex-wrap: wrap; }
  .grow { flex: 1; }
`;
