// The timeline's looks; colours are `ownColours` in ../style.js.

import { css } from "../style.js";

export const sheet = css`
  :host {
    display: block; min-width: 0; container-type: inline-size; font: 12px/1.4 var(--font); color: var(--text);
    background: var(--surface); font-variant-numeric: tabular-nums;
  }
  :host([hidden]), [hidden] { display: none !important; }
  *, *::before, *::after { box-sizing: border-box; }
  button { font: inherit; color: inherit; cursor: pointer; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }

  .bar { display: flex; align-items: center; gap: 4px 10px; padding: 5px 10px; border-block: 1px solid var(--line); }
  .now { color: var(--text); white-space: nowrap; }
  .now span { color: var(--muted); }
  .now .wrong { color: var(--error); }
  .tools { display: flex; gap: 2px; flex: none; margin-left: auto; }
  .tools button, summary {
    display: inline-flex; align-items: center; justify-content: center; min-width: 26px; height: 26px; padding: 0 7px; border: 0;
    border-radius: 6px; background: none; color: var(--muted); cursor: pointer; list-style: none;
  }
  .tools button:hover, summary:hover, [open] summary { background: var(--hover); color: var(--text); }
  summary::after { content: ""; margin: -3px 0 0 6px; width: 5px; height: 5px; border: solid; border-width: 0 1.5px 1.5px 0; transform: rotate(45deg); }
  svg { width: 16px; height: 16px; fill: currentColor; }
  details { position: relative; }
  .menu {
    position: absolute; z-index: 1; right: 0; top: 30px; display: grid; min-width: 172px; padding: 5px; border: 1px solid var(--line);
    border-radius: 10px; background: var(--surface); box-shadow: var(--shadow);
  }
  .menu label { display: flex; align-items: center; gap: 8px; height: 26px; padding: 0 8px; border-radius: 6px; cursor: pointer; }
  .menu label:hover { background: var(--hover); }
  .menu input { margin: 0; accent-color: var(--key, var(--accent)); }
  .tools button[aria-pressed="true"] { background: var(--accent-soft); color: var(--accent); }
  .tools button:disabled { opacity: 0.35; cursor: default; background: none; }

  .wide { display: flex; gap: 2px; }
  @container (max-width: 479px) { .wide { display: none; } }

  .body { position: relative; touch-action: pan-y; overflow: hidden; user-select: none; -webkit-user-select: none; }
  canvas { display: block; width: 100%; }
  .over-mark { cursor: pointer !important; }
  .tip {
    position: absolute; z-index: 1; max-width: min(340px, 90%); padding: 5px 9px; border: 1px solid var(--line); border-radius: 8px;
    background: var(--surface); box-shadow: var(--shadow); pointer-events: none; overflow-wrap: anywhere;
  }
  .legend { position: absolute; inset: 0 auto 0 0; width: 188px; pointer-events: none; }
  .row { position: absolute; left: 0; right: 0; display: flex; flex-direction: column; justify-content: center; padding: 0 12px 0 10px; }
  .row:not(:has(.curve)) { flex-direction: row; align-items: center; justify-content: space-between; gap: 8px; }
  .curve { display: flex; align-items: baseline; justify-content: space-between; gap: 6px; white-space: nowrap; }
  .curve .name { pointer-events: auto; }
  .curve .name::before {
    content: ""; display: inline-block; width: 9px; height: 3px; margin-right: 6px; border-radius: 2px; vertical-align: 3px;
    background: var(--key);
  }
  .name { color: var(--muted); }
  .what { font-weight: 550; }
  .row:has(.what) .name { overflow: hidden; text-overflow: ellipsis; min-width: 0; }
  .row:has(.what) .value { flex: none; }
  .value { color: var(--text); }
  .unit { display: inline-block; width: 2.6em; margin-left: 3px; color: var(--muted); }
  .estimated { padding: 0 7px; border-radius: 999px; font-size: 11px; background: var(--hover); color: var(--muted); pointer-events: auto; }
  .grouped { line-height: 1.35; }
  .legend.on-rows { width: auto; max-width: 78%; left: 10px; }
  .on-rows .row { justify-content: flex-start; padding: 1px 4px; height: auto !important; font-size: 11px; width: max-content; }
  .on-rows .row:not(:has(.curve)) { display: none; }
  .on-rows .curve { justify-content: flex-start; }
  .on-rows .what { pointer-events: auto; }
  .on-rows .grouped { flex-direction: row; gap: 8px; }
  .on-rows .unit { width: auto; }

  .message { display: flex; align-items: center; justify-content: center; gap: 10px; min-height: 120px; padding: 16px; color: var(--muted); }
  .message.error { color: var(--error); }
  .message button { height: 28px; padding: 0 12px; border: 1px solid var(--line); border-radius: 8px; background: none; color: var(--text); }
  .notes { margin: 0; padding: 4px 10px 6px; color: var(--muted); }
`;
