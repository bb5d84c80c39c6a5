// Style shared by the elements, and small helpers to build them. Colours come from page.css as custom properties.

export function css(strings) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(strings.join(""));
  return sheet;
}

export const shared = css`
  :host { display: block; font: 14px/1.45 var(--fv-font); color: var(--fv-text); }
  :host([hidden]), [hidden] { display: none !important; }
  *, *::before, *::after { box-sizing: border-box; }
  h2, h3, p, dl, dd, ul { margin: 0; padding: 0; }
  ul { list-style: none; }
  button, select, input { font: inherit; color: inherit; }
  button {
    display: inline-flex; align-items: center; justify-content: center; gap: 6px; height: 32px; padding: 0 10px;
    border: 1px solid var(--fv-line); border-radius: 8px; background: var(--fv-surface); cursor: pointer;
  }
  button:hover { background: var(--fv-hover); }
  button:disabled { opacity: 0.4; cursor: default; }
  button.quiet { border-color: transparent; background: none; color: var(--fv-muted); }
  button.quiet:hover { color: var(--fv-text); background: var(--fv-hover); }
  button.icon { width: 32px; padding: 0; flex: none; }
  button[aria-pressed="true"] { color: var(--fv-accent); background: var(--fv-accent-soft); }
  svg { width: 18px; height: 18px; fill: currentColor; flex: none; }
  :focus-visible { outline: 2px solid var(--fv-accent); outline-offset: 2px; }
  .chip {
    display: inline-block; padding: 0 7px; border-radius: 999px; font-size: 11.5px; line-height: 18px; white-space: nowrap;
    color: var(--fv-muted); background: var(--fv-chip);
  }
  .chip.warn { color: var(--fv-warn); background: var(--fv-warn-soft); }
  .muted { color: var(--fv-muted); }
  .digits { font-variant-numeric: tabular-nums; }
`;

/** Colours of elements that work on any page: the page's own (--fv-…) where there are any. */
export const ownColours = css`
  :host {
    --font: var(--fv-font, system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif);
    --surface: var(--fv-surface, light-dark(#ffffff, #151a21));
    --hover: var(--fv-hover, light-dark(#f0f3f8, #1d242e));
    --line: var(--fv-line, light-dark(#dfe4eb, #29313d));
    --text: var(--fv-text, light-dark(#1b2430, #e4e9f0));
    --muted: var(--fv-muted, light-dark(#5d6a7c, #97a3b5));
    --accent: var(--fv-accent, light-dark(#3a62cf, #8eb3f7));
    --on-accent: var(--fv-on-accent, light-dark(#ffffff, #0d1526));
    --accent-soft: var(--fv-accent-soft, light-dark(#e8eefc, #1d2a45));
    --shadow: var(--fv-shadow, 0 8px 30px light-dark(rgb(20 30 50 / 18%), rgb(0 0 0 / 50%)));
    --field: var(--fv-field, light-dark(#f7f8fa, #10151b));
    --error: var(--fv-error, light-dark(#b42318, #ff8f85));
    --track-0: var(--fv-track-0, light-dark(#a16207, #f2c14e));
    --track-1: var(--fv-track-1, light-dark(#7c3aed, #b794ff));
    --track-2: var(--fv-track-2, light-dark(#0f7a63, #43d3a9));
    color-scheme: var(--fv-scheme, light dark);
  }
`;

/** A click on the button is for clicked() to answer: the browser leaves its menu, a popover, as it is. */
export function opensMenu(button, menu, clicked) {
  button.popoverTargetElement = menu; // or the menu would be closed by the click, and clicked() open it anew
  button.addEventListener("click", (event) => {
    event.preventDefault();
    clicked();
  });
}

/** An element with attributes and children; strings become text, never markup. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== undefined && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

const ICONS = {
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  previous: "M6 5h2v14H6zM19 5v14l-10-7z",
  next: "M16 5h2v14h-2zM5 5v14l10-7z",
  sound: "M4 9v6h4l5 4V5L8 9zM15.5 8.2v7.6a4.2 4.2 0 0 0 0-7.6z",
  muted: "M4 9v6h4l5 4V5L8 9zM15 9.4l1.4-1.4L18.5 10l2.1-2 1.4 1.4-2.1 2.1 2.1 2.1-1.4 1.4-2.1-2.1-2.1 2.1-1.4-1.4 2.1-2.1z",
  loop: "M7 7h9V4l5 4-5 4V9H8v4H6V8a1 1 0 0 1 1-1zM17 17H8v3l-5-4 5-4v3h8v-4h2v5a1 1 0 0 1-1 1z",
  full: "M5 5h5v2H7v3H5zM14 5h5v5h-2V7h-3zM5 14h2v3h3v2H5zM17 14h2v5h-5v-2h3z",
  link: "M10.6 13.4a1 1 0 0 1 0-1.4l3-3a1 1 0 1 1 1.4 1.4l-3 3a1 1 0 0 1-1.4 0zM9.9 17a3.5 3.5 0 0 1-5-5l2.8-2.8 1.4 1.4L6.4 13.4a1.5 1.5 0 0 0 2.1 2.1l2.8-2.8 1.4 1.4zM14.1 7a3.5 3.5 0 0 1 5 5l-2.8 2.8-1.4-1.4 2.7-2.8a1.5 1.5 0 0 0-2.1-2.1l-2.8 2.8-1.4-1.4z",
  download: "M11 4h2v8h3l-4 4.5L8 12h3zM5 18h14v2H5z",
  back: "M15.5 5.5v13L7 12zM4.5 6h2v12h-2z",
  on: "M8.5 5.5v13L17 12zM17.5 6h2v12h-2z",
  onwards: "M4 6h10v2H4zM4 11h10v2H4zM4 16h7v2H4zM15 12v8l6-4z",
  close: "M6.4 5 12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z",
  chart: "M4 19V11h3.5v8zM10.2 19V5h3.5v14zM16.5 19v-6H20v6z",
  rows: "M4 6h16v2H4zM4 11h16v2H4zM4 16h16v2H4z",
  tiles: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  widen: "M4 5h2v14H4zM8 11h8.2l-3-3 1.4-1.4L20 12l-5.4 5.4-1.4-1.4 3-3H8z",
  refresh: "M12 5a7 7 0 0 1 5.6 2.8L20 5.5V12h-6.5l2.6-2.7A5 5 0 1 0 17 13.5h2A7 7 0 1 1 12 5z",
  view: "M4 6h8.1a3 3 0 0 1 5.8 0H20v2h-2.1a3 3 0 0 1-5.8 0H4zM4 16h2.1a3 3 0 0 1 5.8 0H20v2h-8.1a3 3 0 0 1-5.8 0H4z",
  undo: "M8.5 4.5 10 6 7.9 8H14a5.5 5.5 0 0 1 0 11H8v-2h6a3.5 3.5 0 0 0 0-7H7.9l2.1 2-1.5 1.5L4 9z",
  compare: "M3 5h8v14H3zM5 7v10h4V7zM13 5h8v14h-8z",
  check: "M9.3 17.6 4 12.3l1.6-1.6 3.7 3.7 8.9-8.9 1.6 1.6z",
  help: "M11 16.5h2.2v2.2H11zM12 5a4.2 4.2 0 0 0-4.2 4.2h2.1a2.1 2.1 0 1 1 3.3 1.7c-1.3.9-2.1 1.7-2.1 3.6h2.1c0-1.2.5-1.6 1.4-2.3A4.2 4.2 0 0 0 12 5z",
};

/** An icon, drawn on a 24 × 24 grid, that screen readers pass over. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with an icon, a name for screen readers and a tooltip. */
export function iconButton(name, label, keys = "") {
  const title = keys ? `${label} (${keys})` : label;
  return make("button", { type: "button", class: "quiet icon", "aria-label": label, title }, icon(name));
}

/** 83.25 -> "1:23.25" */
export function clockTime(seconds, digits = 2) {
  const scale = 10 ** digits;
  const ticks = Math.round(seconds * scale); // before minutes are split off: 59.999 is 1:00.0, not 0:60.0
  const minutes = Math.floor(ticks / (60 * scale));
  const rest = ((ticks - minutes * 60 * scale) / scale).toFixed(digits);
  return `${minutes}:${rest.padStart(digits ? 3 + digits : 2, "0")}`;
}

/** What screen readers say of a frame; frames are counted from 0, as in the arrays. */
export function frameText(frame, frames, seconds = null) {
  const time = seconds === null ? "" : `, ${clockTime(seconds)}`;
  return `frame ${frame} of 0 to ${frames - 1}${time}`;
}
