// Style of <export-films>.

import { css } from "../style.js";

export const style = css`
  :host { display: contents; }
  .open { height: 24px; min-width: 26px; padding: 0 4px; gap: 4px; font-size: 12px; font-variant-numeric: tabular-nums; }
  .open svg { width: 15px; height: 15px; }
  dialog {
    width: min(460px, 94vw); max-height: 92dvh; overflow: auto; padding: 18px 22px; border: 1px solid var(--fv-line); border-radius: 14px; background: var(--fv-surface);
    color: var(--fv-text); box-shadow: var(--fv-shadow); font-size: 13.5px; scrollbar-width: thin;
  }
  dialog::backdrop { background: rgb(10 14 20 / 45%); }
  .title { display: flex; align-items: center; justify-content: space-between; }
  h2 { font-size: 15px; }
  h3 { font-size: 12px; font-weight: 600; color: var(--fv-muted); margin-bottom: 4px; }
  section { padding: 12px 0; }
  section + section { border-top: 1px solid var(--fv-line-soft); }
  .view { color: var(--fv-muted); font-size: 12.5px; }
  .text, .estimate { margin-top: 6px; font-variant-numeric: tabular-nums; }
  .warn { color: var(--fv-warn); margin-top: 4px; }
  .error { color: var(--fv-error); margin-top: 6px; overflow-wrap: anywhere; white-space: pre-wrap; }
  progress { display: block; width: 100%; height: 6px; margin-top: 10px; appearance: none; border: 0; border-radius: 3px; overflow: hidden; background: var(--fv-chip); }
  progress::-webkit-progress-bar { background: var(--fv-chip); }
  progress::-webkit-progress-value { background: var(--fv-accent); transition: width 0.3s; }
  progress::-moz-progress-bar { background: var(--fv-accent); }
  .buttons { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 12px; }
  button.main, a.main { color: var(--fv-on-accent); background: var(--fv-accent); border-color: transparent; font-weight: 550; }
  button.main:hover, a.main:hover { filter: brightness(1.08); }
  a.main { display: inline-flex; align-items: center; gap: 6px; height: 32px; padding: 0 12px; border-radius: 8px; text-decoration: none; }
  button.danger { color: var(--fv-error); }
  .options { display: grid; gap: 5px; margin-top: 10px; }
  .options label { display: flex; gap: 8px; align-items: baseline; cursor: pointer; }
  .options input { margin: 0; accent-color: var(--fv-accent); flex: none; position: relative; top: 1px; }
  details { margin-top: 8px; }
  summary { cursor: pointer; color: var(--fv-error); }
  details ul { max-height: 150px; overflow: auto; margin-top: 4px; font-size: 12.5px; scrollbar-width: thin; }
  details li { padding: 3px 0; overflow-wrap: anywhere; }
  details b { font-weight: 600; }
  @media (prefers-reduced-motion: reduce) { progress::-webkit-progress-value { transition: none; } }
`;
