// Style of the review panel.

import { css } from "../style.js";

export const style = css`
  :host { flex: none; position: relative; z-index: 4; border: 1px solid var(--fv-line); border-radius: 12px; background: var(--fv-surface); font-size: 13px; }
  .row { display: flex; flex-wrap: wrap; align-items: center; gap: 8px 12px; padding: 8px 8px 8px 12px; min-width: 0; }
  .row + .row { border-top: 1px solid var(--fv-line-soft); min-height: 43px; padding-right: 12px; }
  .queue { flex: 0 1 165px; min-width: 110px; height: 30px; padding: 0 6px; border: 1px solid var(--fv-line); border-radius: 8px; background: var(--fv-field); text-overflow: ellipsis; }
  .progress { display: grid; gap: 3px; flex: 1 1 80px; min-width: 80px; max-width: 260px; color: var(--fv-muted); font-size: 12px; line-height: 16px; white-space: nowrap; }
  .track { height: 4px; border-radius: 2px; background: var(--fv-line); overflow: hidden; }
  .bar { height: 100%; width: 0; background: var(--fv-accent); transition: width 0.2s; }
  .verdicts { display: flex; gap: 6px; margin-left: auto; }
  .verdicts button { height: 30px; padding: 0 8px 0 11px; font-weight: 550; gap: 8px; }
  kbd { font: 11px/1 var(--fv-font); padding: 3px 5px; border: 1px solid var(--fv-line); border-radius: 5px; background: var(--fv-field); color: var(--fv-muted); }
  .good { --tone: var(--fv-good); --soft: var(--fv-good-soft); }
  .bad { --tone: var(--fv-error); --soft: var(--fv-error-soft); }
  .unsure { --tone: var(--fv-warn); --soft: var(--fv-warn-soft); }
  .verdicts button:hover { border-color: var(--tone); }
  .verdicts button[aria-pressed="true"] { color: var(--tone); background: var(--soft); border-color: transparent; }
  .tools { display: flex; gap: 0; flex: none; }
  .tools button { width: 30px; height: 30px; }
  .said { display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: baseline; flex: 1; min-width: 0; overflow-wrap: anywhere; }
  .said b { font-weight: 600; color: var(--tone); }
  .said .by { color: var(--fv-muted); font-size: 12px; }
  .said .link { white-space: nowrap; }
  .said .stale { color: var(--fv-warn); background: var(--fv-warn-soft); border-radius: 6px; padding: 0 7px; }
  .link { height: auto; padding: 0; border: 0; background: none; color: var(--fv-accent); }
  .link:hover { background: none; text-decoration: underline; }
  form { display: flex; flex-wrap: wrap; gap: 8px; flex: 1; align-items: center; position: relative; min-width: 0; }
  form input { height: 30px; padding: 0 9px; border: 1px solid var(--fv-line); border-radius: 8px; background: var(--fv-field); min-width: 0; outline-offset: 0; }
  form .kind { font-weight: 600; color: var(--tone); }
  .reason { flex: 1 1 170px; }
  .note { flex: 2 1 200px; }
  input::placeholder { color: var(--fv-muted); opacity: 1; }
  .reasons {
    position: absolute; top: 100%; left: 0; width: min(360px, 100%); max-height: min(330px, 50vh); margin-top: 6px; padding: 5px; overflow: auto; scrollbar-width: thin;
    border: 1px solid var(--fv-line); border-radius: 10px; background: var(--fv-surface); box-shadow: var(--fv-shadow);
  }
  .option { display: flex; gap: 8px; align-items: baseline; padding: 4px 8px; border-radius: 6px; cursor: pointer; line-height: 19px; }
  .option .of { flex: 1; min-width: 0; }
  .option .number { width: 10px; color: var(--fv-muted); font-size: 11px; font-variant-numeric: tabular-nums; }
  .option small { color: var(--fv-warn); font-size: 11px; }
  .option:hover { background: var(--fv-hover); }
  .option[aria-selected="true"] { background: var(--fv-accent-soft); color: var(--fv-accent); }
  .rate { color: var(--fv-muted); font-size: 12.5px; margin-left: auto; font-variant-numeric: tabular-nums; }
  .problem { color: var(--fv-error); overflow-wrap: anywhere; white-space: pre-wrap; user-select: text; }
  .menu {
    position: fixed; inset: auto; margin: 0; width: min(330px, calc(100vw - 16px)); padding: 12px 14px; color: var(--fv-text); border: 1px solid var(--fv-line); border-radius: 12px;
    background: var(--fv-surface); box-shadow: var(--fv-shadow);
  }
  .menu label { display: flex; align-items: center; gap: 8px; padding: 4px 0; }
  .menu input[type="checkbox"] { margin: 0; accent-color: var(--fv-accent); }
  .menu .name { flex: 1; min-width: 0; height: 28px; padding: 0 8px; border: 1px solid var(--fv-line); border-radius: 6px; background: var(--fv-field); }
  .menu h3 { font-size: 12px; font-weight: 600; color: var(--fv-muted); margin: 10px 0 2px; }
  .menu .files { display: flex; flex-wrap: wrap; gap: 2px 14px; padding: 3px 0; }
  .menu a { color: var(--fv-accent); text-decoration: none; }
  .menu a:hover { text-decoration: underline; }
  .menu .where { color: var(--fv-muted); font-size: 11.5px; overflow-wrap: anywhere; margin-top: 8px; }
  @media (max-width: 759px) {
    .row { padding: 8px; } .rate { flex: 1 1 100%; }
    .queue { flex: 1 1 130px; order: 1; } .tools { order: 2; margin-left: auto; } .progress { order: 3; max-width: none; }
    .verdicts { order: 4; flex: 1 1 100%; margin: 0; } .verdicts button { flex: 1; height: 38px; } .verdicts kbd { display: none; }
  }
  @media (prefers-reduced-motion: reduce) { .bar { transition: none; } }
`;
