// The player's looks; colours are `ownColours` in ../style.js.

import { css } from "../style.js";

export const sheet = css`
  :host {
    position: relative; display: flex; flex-direction: column; min-width: 0; min-height: 320px; overflow: hidden;
    container-type: inline-size; font: 14px/1.45 var(--font); color: var(--text); background: var(--surface); outline: none;
  }
  :host([hidden]), [hidden] { display: none !important; }
  *, *::before, *::after { box-sizing: border-box; }
  h3, p, ul, dl, dd { margin: 0; padding: 0; }
  button, select, input { font: inherit; color: inherit; }
  :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
  button {
    display: inline-flex; align-items: center; justify-content: center; gap: 6px; height: 32px; min-width: 32px; padding: 0 7px;
    border: 0; border-radius: 8px; background: none; color: var(--muted); cursor: pointer; flex: none;
  }
  button:hover { color: var(--text); background: var(--hover); }
  button:disabled { opacity: 0.35; cursor: default; background: none; }
  button[aria-pressed="true"], button[aria-expanded="true"] { color: var(--accent); background: var(--accent-soft); }
  svg { width: 18px; height: 18px; fill: currentColor; flex: none; }
  input[type="range"] { accent-color: var(--accent); min-width: 0; margin: 0; }
  select { height: 32px; field-sizing: content; border: 0; border-radius: 8px; background: none; color: var(--muted); cursor: pointer; }
  select:hover { color: var(--text); background: var(--hover); }
  option { color: CanvasText; background: Canvas; }

  .stage { position: relative; flex: 1 1 0; min-height: 180px; overflow: hidden; background: var(--backdrop, transparent); }
  :host(:focus-visible) .stage::after { content: ""; position: absolute; inset: 0; border: 2px solid var(--accent); pointer-events: none; }
  canvas { position: absolute; inset: 0; width: 100%; height: 100%; touch-action: pan-y; cursor: grab; }
  canvas:active { cursor: grabbing; }
  .former > :is(canvas, .cells, .notices, .words) { opacity: 0.3; } /* of the clip before, while the next one comes */
  canvas.blank { visibility: hidden; } /* WebGL shows black until it has drawn */

  .cells, .cell { position: absolute; pointer-events: none; }
  .cells { inset: 0; }
  .cell { border: 0 solid rgb(128 134 144 / 35%); }
  .cell:not([style*="left: 0%"]) { border-left-width: 1px; }
  .cell:not([style*="top: 0%"]) { border-top-width: 1px; }
  .tags { position: absolute; left: 10px; top: 10px; right: 10px; display: flex; flex-wrap: wrap; gap: 5px; }
  .tag {
    display: flex; flex-wrap: wrap; align-items: center; gap: 0 7px; max-width: 100%; min-height: 24px; padding: 2px 10px; border-radius: 12px;
    font-size: 12px; line-height: 20px; color: #fff; background: rgb(24 30 40 / 74%);
  }
  .tag i, .scale i { flex: none; width: 9px; height: 9px; border-radius: 50%; }
  .tag b { font-weight: 600; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .tag .note { font-variant-numeric: tabular-nums; }
  .tag .note:empty { display: none; }
  .tag.refused { background: rgb(122 74 0 / 90%); }
  .tag button { height: 20px; padding: 0 8px; color: #fff; border: 1px solid rgb(255 255 255 / 60%); pointer-events: auto; }
  .compared .notices { top: auto; bottom: 54px; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  .scale { display: flex; flex-wrap: wrap; gap: 2px 28px; line-height: 14px; padding: 8px 16px 2px; font-size: 12px; color: var(--muted); flex: none; }
  .scale > span { white-space: nowrap; }
  .scale .measure { flex: 1 1 220px; max-width: 420px; }
  .scale .bar-of-colours { height: 12px; border-radius: 3px; box-shadow: inset 0 0 0 1px rgb(128 134 144 / 35%); }
  .scale .ticks { position: relative; height: 18px; margin-top: 2px; color: var(--text); font-variant-numeric: tabular-nums; }
  .scale .ticks span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
  .scale .none i { display: inline-block; margin-right: 6px; border-radius: 2px; }

  .notices { position: absolute; left: 10px; top: 10px; right: 10px; display: flex; flex-wrap: wrap; gap: 5px; align-items: flex-start; pointer-events: none; }
  .notice {
    max-width: min(100%, 460px); height: auto; min-height: 24px; padding: 2px 9px; border-radius: 12px; font-size: 12px; line-height: 20px; text-align: left;
    color: #fff; background: rgb(24 30 40 / 74%); pointer-events: auto; justify-content: flex-start; cursor: default;
  }
  .notice span.text { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .notice.held { font-weight: 600; background: rgb(122 74 0 / 92%); }
  .notice.warn { background: rgb(122 74 0 / 88%); cursor: pointer; }
  .notice[aria-expanded="true"] { color: #fff; }
  .notice[aria-expanded="true"] span.text { white-space: normal; }
  .legend { display: flex; flex-wrap: wrap; gap: 0 10px; }
  .legend i { display: inline-block; width: 9px; height: 9px; margin-right: 5px; border-radius: 50%; }

  .words { position: absolute; left: 12px; right: 12px; bottom: 12px; text-align: center; pointer-events: none; }
  .words span { display: inline-block; max-width: 100%; padding: 4px 12px; border-radius: 9px; font-size: clamp(13px, 2.6cqw, 17px); color: rgb(255 255 255 / 72%); background: rgb(24 30 40 / 72%); overflow-wrap: anywhere; }
  .words b { font-weight: 400; }
  .words .now { color: #fff; }
  .words .weak:not(.now) { opacity: 0.6; }

  .cover { position: absolute; inset: 0; display: grid; place-items: center; padding: 24px; }
  .cover.card { background: color-mix(in srgb, var(--surface) 96%, transparent); }
  .cover h3 { font-size: 15px; font-weight: 620; }
  .cover > div { max-width: 460px; display: grid; gap: 14px; justify-items: center; text-align: center; overflow-wrap: anywhere; }
  .cover .solid, .big { color: var(--on-accent); background: var(--accent); }
  .cover .solid { padding: 0 16px; }
  .cover .plain { padding: 0 16px; color: var(--text); border: 1px solid var(--line); }
  .cover .muted { color: var(--muted); font-size: 13px; }
  .choices { display: flex; flex-wrap: wrap; justify-content: center; gap: 8px; }
  .choices:empty { display: none; }
  .cover .solid:hover, .big:hover { color: var(--on-accent); background: var(--accent); filter: brightness(1.08); }
  .big { width: 72px; height: 72px; border-radius: 50%; box-shadow: var(--shadow); }
  .big svg { width: 34px; height: 34px; }
  .busy { position: absolute; left: 0; right: 0; top: 0; height: 3px; overflow: hidden; }
  .busy div { height: 100%; width: 100%; background: var(--accent); transform-origin: left; transform: scaleX(var(--share, 0.3)); transition: transform 0.15s; }
  .busy.unknown div { animation: slide 1.1s infinite ease-in-out; }
  @keyframes slide { from { transform: translateX(-100%) scaleX(0.4); } to { transform: translateX(100%) scaleX(0.4); } }
  @media (prefers-reduced-motion: reduce) { .busy.unknown div { animation: none; } }

  .scrub { position: relative; height: 22px; margin: 4px 12px 0; cursor: pointer; touch-action: none; flex: none; border-radius: 6px; }
  .scrub .track, .scrub .past, .scrub .region { position: absolute; top: 9px; height: 4px; border-radius: 2px; pointer-events: none; }
  .scrub .track { left: 0; right: 0; background: var(--line); }
  .scrub .past { left: 0; background: var(--accent); }
  .scrub .region { top: 5px; height: 12px; border-radius: 3px; background: color-mix(in srgb, var(--accent) 24%, transparent); border-inline: 2px solid var(--accent); }
  .scrub .knob { position: absolute; top: 4px; width: 14px; height: 14px; margin-left: -7px; border-radius: 50%; background: var(--accent); border: 2px solid var(--surface); pointer-events: none; }
  .scrub:hover .track, .scrub:hover .past { top: 8px; height: 6px; }
  .scrub .tip { position: absolute; bottom: 22px; transform: translateX(-50%); padding: 1px 7px; border-radius: 6px; font-size: 12px; white-space: nowrap; color: #fff; background: rgb(24 30 40 / 84%); pointer-events: none; }

  .bar { display: flex; align-items: center; gap: 2px; padding: 2px 8px 8px; flex: none; min-width: 0; }
  .bar .play { width: 44px; height: 34px; margin: 0 2px; border-radius: 10px; color: var(--on-accent); background: var(--accent); }
  .bar .play:hover { color: var(--on-accent); background: var(--accent); filter: brightness(1.08); }
  .time { flex: 0 1 auto; min-width: 0; margin: 0 8px; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-variant-numeric: tabular-nums; }
  .time .muted { color: var(--muted); }
  .gap { flex: 1; }
  .bar .volume { width: 64px; margin-right: 4px; flex: none; }
  @container (max-width: 770px) { .bar .volume { display: none; } }
  @container (max-width: 700px) { .last { display: none; } }
  /* Two rows: what is needed at every moment, then the rest, spread out. */
  @container (max-width: 660px) {
    .bar { flex-wrap: wrap; row-gap: 4px; padding-inline: 6px; }
    .bar .gap { order: 1; flex-basis: 100%; height: 0; }
    .bar .gap ~ * { order: 2; }
    .bar .time { flex: 1; }
    .bar { justify-content: space-between; }
  }
  @container (max-width: 470px) { .step { order: 2; } .bar { column-gap: 0; } }
  @media (hover: none) { .keys { display: none; } }
  @media (pointer: coarse) { .bar button, .bar select { height: 40px; } .bar button:not(.play) { width: 36px; } .scrub::before { content: ""; position: absolute; inset: -9px 0; } }
  @container (max-width: 400px) { .detail { display: none; } .bar button { min-width: 28px; } .bar button:not(.play) { width: 32px; } }

  .panel {
    position: absolute; right: 8px; bottom: 56px; width: 300px; max-width: calc(100% - 16px); max-height: calc(100% - 72px); overflow: auto; padding: 12px 14px 14px;
    border: 1px solid var(--line); border-radius: 12px; background: var(--surface); box-shadow: var(--shadow); display: grid; gap: 12px; z-index: 2;
  }
  @container (max-width: 660px) { .panel { bottom: 92px; max-height: calc(100% - 104px); } }
  .panel h3 { font-size: 11.5px; font-weight: 600; letter-spacing: 0.03em; color: var(--muted); margin-bottom: 4px; }
  .panel .row { display: flex; flex-wrap: wrap; align-items: center; gap: 4px; }
  .panel .row button { height: 28px; padding: 0 10px; border: 1px solid var(--line); }
  .panel select { height: 28px; border: 1px solid var(--line); padding: 0 6px; color: var(--text); flex: 1; }
  .panel .checks { display: grid; grid-template-columns: 1fr 1fr; gap: 4px 10px; }
  .panel label { display: flex; align-items: center; gap: 7px; cursor: pointer; min-height: 24px; }
  .panel .reason { margin-top: 4px; font-size: 12px; color: var(--muted); }
  .panel label:has(:disabled) { opacity: 0.45; cursor: default; }
  .panel input[type="checkbox"] { accent-color: var(--accent); width: 15px; height: 15px; margin: 0; }
  .panel .offset { display: grid; grid-template-columns: 1fr auto; gap: 2px 10px; align-items: center; }
  .panel output { font-variant-numeric: tabular-nums; min-width: 58px; text-align: right; }

  .help dl { display: grid; grid-template-columns: auto 1fr; gap: 3px 18px; text-align: left; }
  .help dt { font: 12px/22px ui-monospace, monospace; color: var(--accent); white-space: pre; }
  .help .cover { overflow: auto; z-index: 3; }
`;
