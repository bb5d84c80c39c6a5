// Style of the clip list.

import { css } from "../style.js";

export const style = css`
  :host { display: flex; flex-direction: column; height: 100%; min-height: 0; min-width: 0; background: var(--fv-surface); }
  .top { flex: none; padding: 10px 10px 6px; border-bottom: 1px solid var(--fv-line); position: relative; }
  .tools { display: flex; gap: 6px; align-items: center; }
  .tools > input {
    flex: 1; min-width: 0; height: 32px; padding: 0 10px; border: 1px solid var(--fv-line); border-radius: 8px;
    background: var(--fv-field); outline-offset: 0;
  }
  input::placeholder { color: var(--fv-muted); opacity: 1; }
  .layouts { display: flex; padding: 2px; border-radius: 8px; background: var(--fv-chip); flex: none; }
  .layouts button { width: 28px; height: 28px; border-radius: 6px; border: 0; }
  .layouts button[aria-pressed="true"] { color: var(--fv-text); background: var(--fv-surface); box-shadow: 0 1px 3px rgb(0 0 0 / 14%); }
  .filters { display: flex; flex-wrap: wrap; gap: 4px; margin-top: 8px; }
  .filter {
    height: 24px; padding: 0 8px; font-size: 12px; border-radius: 999px; color: var(--fv-muted); max-width: 100%;
    overflow: hidden; text-overflow: ellipsis; white-space: nowrap; display: block;
  }
  .filter.chosen { color: var(--fv-accent); background: var(--fv-accent-soft); border-color: transparent; font-weight: 550; }
  .filter[aria-expanded="true"] { border-color: var(--fv-accent); }
  .status { display: flex; align-items: center; gap: 2px; margin-top: 4px; min-height: 26px; font-size: 12px; color: var(--fv-muted); }
  .count { flex: 1; min-width: 0; font-variant-numeric: tabular-nums; }
  .status button { height: 24px; font-size: 12px; padding: 0 6px; gap: 4px; white-space: nowrap; }
  .status button.icon { width: 26px; padding: 0; }
  .status svg { width: 15px; height: 15px; }
  .clear { color: var(--fv-accent) !important; }
  .arrow { font-size: 10px; }
  .bar { position: absolute; left: 0; right: 0; bottom: -1px; height: 2px; background: var(--fv-line); }
  .bar div { height: 100%; background: var(--fv-accent); transition: width 0.3s; }
  .empty { padding: 32px 20px; text-align: center; color: var(--fv-muted); overflow-wrap: anywhere; flex: 1; }

  .menu {
    position: fixed; inset: auto; margin: 0; min-width: 210px; max-width: 300px; padding: 6px; overflow: auto; color: var(--fv-text);
    border: 1px solid var(--fv-line); border-radius: 10px; background: var(--fv-surface); box-shadow: var(--fv-shadow); font-size: 13px;
    scrollbar-width: thin;
  }
  .menu .wait { padding: 8px; color: var(--fv-muted); }
  .menu input[type="search"], .length input {
    width: 100%; height: 28px; padding: 0 8px; border: 1px solid var(--fv-line); border-radius: 6px; background: var(--fv-field); margin-bottom: 4px;
  }
  .value { display: flex; align-items: center; gap: 8px; padding: 4px 8px; border-radius: 6px; cursor: pointer; }
  .value:hover { background: var(--fv-hover); }
  .value input { margin: 0; accent-color: var(--fv-accent); flex: none; }
  .value .name { flex: 1; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .value .number { color: var(--fv-muted); font-variant-numeric: tabular-nums; }
  .length { display: flex; gap: 6px; align-items: center; padding: 6px; color: var(--fv-muted); }
  .length label { display: flex; gap: 6px; align-items: center; }
  .length input { width: 64px; margin: 0; }
  .range select { width: 100%; height: 28px; border: 1px solid var(--fv-line); border-radius: 6px; background: var(--fv-field); }
  .range .length input { width: 84px; }
  .range .value { cursor: default; padding: 0 0 0 8px; }
  .drop { height: 26px; padding: 0 8px; }
  .severity { width: 13px; height: 13px; flex: none; }
  .worst { display: inline-flex; align-items: center; gap: 5px; vertical-align: middle; }
  .heads { display: flex; justify-content: space-between; padding: 2px 8px; color: var(--fv-muted); font-size: 11.5px; }
  .columns .value { padding: 0 8px 0 0; cursor: default; }
  .by { flex: 1; justify-content: flex-start; height: 26px; padding: 0 8px; border: 0; background: none; }
  .by.sorted { color: var(--fv-accent); font-weight: 550; }

  .scroll { flex: 1; min-height: 0; overflow: hidden scroll; position: relative; outline-offset: -2px; overscroll-behavior: contain; scrollbar-width: thin; }
  .space { position: relative; overflow: hidden; contain: strict; contain: size layout style; }
  .row {
    position: absolute; top: 0; left: 0; right: 0; height: 50px; padding: 6px 10px 5px 9px; cursor: pointer;
    border-left: 3px solid transparent; border-bottom: 1px solid var(--fv-line-soft); contain: layout style;
  }
  .row:hover, .tile:hover { background: var(--fv-hover); }
  .row.here { box-shadow: inset 0 0 0 1px var(--fv-line); }
  .scroll:focus-visible .row.here { box-shadow: inset 0 0 0 2px var(--fv-accent); }
  .row[aria-selected="true"] { background: var(--fv-accent-soft); border-left-color: var(--fv-accent); }
  .waiting { color: var(--fv-muted); }
  .line { display: flex; gap: 8px; align-items: baseline; min-width: 0; line-height: 19px; }
  .stem { display: flex; min-width: 0; white-space: pre; }
  .head-of { overflow: hidden; text-overflow: ellipsis; }
  .tail-of { flex: none; max-width: 100%; overflow: hidden; text-overflow: ellipsis; }
  .line .stem { flex: 1; font-weight: 550; font-size: 13.5px; }
  .line .text { flex: 1; font-size: 12px; }
  .text { color: var(--fv-muted); overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .seconds, .value { font-variant-numeric: tabular-nums; }
  .line .seconds { font-size: 12px; color: var(--fv-muted); }
  .line .value { font-size: 12px; padding: 0; color: var(--fv-accent); }
  .line .value:hover { background: none; }
  .ends { display: flex; gap: 4px; align-items: center; }
  .ends .chip { font-size: 11px; line-height: 16px; padding: 0 6px; }
  .unplayable .stem { color: var(--fv-muted); font-weight: 450; }
  .flag {
    display: inline-grid; place-items: center; min-width: 16px; height: 16px; padding: 0 4px; border-radius: 5px; font-size: 10.5px; font-weight: 650;
    line-height: 1; color: var(--fv-warn); background: var(--fv-warn-soft); cursor: help;
  }
  .verdict { display: grid; place-items: center; width: 16px; height: 16px; border-radius: 50%; font-size: 10.5px; font-weight: 700; line-height: 1; flex: none; color: var(--tone); background: var(--soft); }
  .verdict.good { --tone: var(--fv-good); --soft: var(--fv-good-soft); }
  .verdict.bad { --tone: var(--fv-error); --soft: var(--fv-error-soft); }
  .verdict.unsure { --tone: var(--fv-warn); --soft: var(--fv-warn-soft); }
  .verdict.changed { background: none; box-shadow: inset 0 0 0 1px var(--tone); opacity: 0.75; }
  .stem .verdict { margin-right: 6px; align-self: center; }
  .corner { gap: 4px; }
  .marks { display: inline-flex; gap: 3px; vertical-align: middle; }
  .mark { display: grid; color: var(--fv-muted); }
  .mark svg { width: 15px; height: 15px; }
  .mark.none { opacity: 0.18; }

  .table .row, .head { display: grid; grid-template-columns: var(--columns); }
  .table .row { height: 30px; padding: 0 10px 0 9px; align-items: center; font-size: 12.5px; }
  .head {
    position: sticky; top: 0; z-index: 1; height: 28px; padding: 0 10px 0 12px; align-items: stretch; background: var(--fv-field);
    border-bottom: 1px solid var(--fv-line); font-size: 11.5px; color: var(--fv-muted);
  }
  .cell { padding: 0 8px; min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .cell.stem { font-weight: 550; padding-left: 0; }
  .head .cell.stem { display: flex; }
  .cell.number { text-align: right; font-variant-numeric: tabular-nums; }
  .head .cell { position: relative; display: flex; align-items: center; font-weight: 500; }
  .head .cell.number { justify-content: flex-end; }
  .head button { height: 100%; padding: 0; border: 0; background: none; font-weight: inherit; color: inherit; min-width: 0; }
  .head button:hover, .head .sorted { color: var(--fv-text); }
  .head .label { display: flex; gap: 4px; align-items: center; }
  .head .arrow:empty { display: none; }
  .grip { position: absolute; right: 0; top: 5px; bottom: 5px; width: 9px; cursor: col-resize; border-right: 1px solid var(--fv-line); touch-action: none; }
  .grip:hover { border-right-color: var(--fv-accent); }

  .tiles { margin: 4px; }
  .tile-line { position: absolute; top: 0; left: 0; right: 0; display: flex; gap: 8px; padding: 4px 0 0 4px; }
  .tile { width: var(--side); flex: none; cursor: pointer; border-radius: 8px; }
  .picture { position: relative; width: var(--side); height: var(--side); border-radius: 7px; overflow: hidden; background: var(--fv-stage); }
  .picture img { width: 100%; height: 100%; display: block; object-fit: cover; }
  .picture::after { content: ""; position: absolute; inset: 0; border-radius: inherit; box-shadow: inset 0 0 0 1px rgb(0 0 0 / 8%); pointer-events: none; }
  .broken .picture { display: grid; place-items: center; cursor: help; }
  .broken .picture::before { content: "cannot be shown"; font-size: 11px; color: var(--fv-warn); }
  .corner { position: absolute; right: 5px; top: 5px; display: flex; z-index: 1; }
  .caption { display: flex; gap: 6px; height: 22px; align-items: center; padding: 0 3px; font-size: 11.5px; }
  .caption .stem { flex: 1; }
  .caption .seconds { color: var(--fv-muted); font-size: 11px; }
  .scroll:focus-visible .tile.here .picture::after { box-shadow: inset 0 0 0 2px var(--fv-accent); }
  .tile[aria-selected="true"] .picture { outline: 3px solid var(--fv-accent); outline-offset: -1px; }
  .tile[aria-selected="true"] .caption .stem { font-weight: 620; color: var(--fv-accent); }
  @media (max-width: 759px) { .wide { display: none; } }
  @media (prefers-reduced-motion: reduce) { .bar div { transition: none; } }
`;
