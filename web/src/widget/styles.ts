import { css } from "lit";

export const styles = css`
  :host { display: block; position: relative; container-type: inline-size; background: var(--dk-paper); overflow-wrap: anywhere; }
  header { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: baseline; margin-bottom: 8px; }
  h2 { font-size: 17px; }
  h3 { margin: 12px 0 2px; color: var(--dk-soft); font-weight: normal; }
  .fault { color: var(--dk-bad); background: var(--dk-bad-soft); border-radius: var(--dk-radius); padding: 6px 10px; margin-bottom: 8px; }
  .against li { background: var(--dk-warn-soft); color: var(--dk-warn); border-radius: var(--dk-radius); padding: 5px 10px; margin-bottom: 4px; }
  .ask { display: block; color: var(--dk-ink); }
  .ask::before { content: "问: "; color: var(--dk-warn); }
  .lines { counter-reset: n; margin: 4px 0; }
  .lines li { counter-increment: n; padding: 2px 0 2px 20px; position: relative; }
  .lines li::before { content: counter(n); position: absolute; left: 4px; color: var(--dk-brand); font-weight: bold; }
  .next { display: flex; gap: 10px; background: var(--dk-brand-soft); border-radius: var(--dk-radius); padding: 7px 10px; margin: 6px 0; }
  .next b { color: var(--dk-brand); white-space: nowrap; }
  .next .hint { color: var(--dk-ink); opacity: .75; }
  .reach { display: flex; flex-wrap: wrap; gap: 2px 20px; margin: 6px 0; }
  .reach div { display: flex; gap: 8px; }
  dt { color: var(--dk-soft); white-space: nowrap; }
  .chance { display: grid; grid-template-columns: 1fr auto; gap: 2px 8px; width: 100%; text-align: left; white-space: normal; margin: 0 0 5px; padding: 5px 10px; border-left: 3px solid var(--dk-brand); }
  .chance .meta { grid-column: 1 / 3; }
  .todo { margin: 8px 0; }
  .todo:has(li + li) { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 290px), 1fr)); gap: 0 8px; align-items: start; }
  article { border-top: 1px solid var(--dk-line); padding: 3px 0; }
  .tag { display: grid; grid-template-columns: minmax(0, 1fr) auto auto; gap: 2px 8px; align-items: center; min-height: 30px; }
  .what { border: 0; background: none; text-align: left; white-space: normal; padding: 2px 0; }
  .what:hover b { text-decoration: underline; text-underline-offset: 3px; }
  .label { color: var(--dk-soft); margin-right: 4px; }
  .how { display: flex; gap: 8px; align-items: center; justify-content: flex-end; }
  .how .hint { min-width: 5em; text-align: right; }
  meter { width: 48px; height: 6px; border: 0; border-radius: 3px; background: var(--dk-line); overflow: hidden; }
  meter::-webkit-meter-bar { height: 6px; border: 0; border-radius: 3px; background: var(--dk-line); }
  meter::-webkit-meter-optimum-value { background: var(--dk-brand); border-radius: 3px; }
  meter::-moz-meter-bar { background: var(--dk-brand); }
  .expired, .contradicted, .removed { color: var(--dk-soft); }
  .said { opacity: .6; }
  .verdicts button { padding: 1px 9px; border-radius: 0; margin-left: -1px; }
  .verdicts button:first-child { border-radius: var(--dk-radius) 0 0 var(--dk-radius); }
  .verdicts button:last-child { border-radius: 0 var(--dk-radius) var(--dk-radius) 0; }
  .proof { padding: 2px 0 8px 12px; border-left: 2px solid var(--dk-line); margin: 2px 0 4px 2px; }
  .proof > .quiet { padding: 2px 0; font-size: 12px; }
  .correct { display: flex; flex-wrap: wrap; gap: 6px 10px; align-items: end; padding: 6px 0; }
  .correct label { display: flex; flex-direction: column; font-size: 12px; color: var(--dk-soft); }
  .correct input { width: 9em; }
  .quote { display: flex; flex-direction: column; width: 100%; text-align: left; border: 0; background: none; white-space: normal; padding: 3px 0; }
  .quote:hover { background: var(--dk-ground); }
  .quote.advisor { color: var(--dk-soft); }
  .quote mark { color: var(--dk-ink); }
  .play { color: var(--dk-brand); margin-right: 6px; }
  details { margin-top: 12px; border-top: 1px solid var(--dk-line); padding-top: 6px; }
  .proof details { margin: 0; border: 0; padding: 0; }
  summary { color: var(--dk-soft); cursor: pointer; }
  .undo { position: sticky; bottom: 8px; z-index: 2; }
  .undo p { display: flex; justify-content: space-between; align-items: center; gap: 12px; max-width: 360px; margin: 6px auto 0; background: var(--dk-ink); color: var(--dk-paper); padding: 5px 6px 5px 14px; border-radius: var(--dk-radius); box-shadow: var(--dk-shadow); }
  .undo button { background: none; border-color: currentcolor; color: inherit; }
  .wait i { display: block; height: 14px; border-radius: 4px; background: var(--dk-line); margin: 11px 0; width: 90%; animation: wait 1s ease-in-out infinite alternate; }
  .wait .w60 { width: 60%; height: 20px; } .wait .w40 { width: 40%; } .wait .w75 { width: 75%; }
  @keyframes wait { to { opacity: .4; } }
  @media (prefers-reduced-motion: reduce) { .wait i { animation: none; } }
  @container (max-width: 480px) {
    .tag { grid-template-columns: minmax(0, 1fr) auto; }
    .what { grid-column: 1 / 3; }
    .how { justify-content: flex-start; }
    .how .hint { min-width: 0; }
    .verdicts button { padding: 5px 15px; }
  }
`;
