// What the lists on the left share: rows that are chosen.

import { css } from "lit";

export const rows = css`
  :host { display: block; }
  .tools { padding: 8px 10px; display: flex; gap: 6px; }
  .tools input { flex: 1; }
  li button { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 8px; width: 100%; text-align: left; border: 0; border-bottom: 1px solid var(--dk-line); border-radius: 0; padding: 7px 12px; background: none; white-space: normal; }
  li button:hover { background: var(--dk-ground); }
  li button[aria-current="true"] { background: var(--dk-brand-soft); box-shadow: inset 3px 0 var(--dk-brand); }
  li button > .hint:not(.when), .wide { grid-column: 1 / 3; }
  .empty { padding: 16px 12px; }
  .more { margin: 8px 12px; }
`;
