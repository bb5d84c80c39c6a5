// The player's icons, drawn for it on a 24 × 24 grid.

const PATHS = {
  play: "M8 5v14l11-7z",
  pause: "M7 5h4v14H7zM13 5h4v14h-4z",
  previous: "M6 5h2v14H6zM19 5v14l-10-7z",
  next: "M16 5h2v14h-2zM5 5v14l10-7z",
  back: "M15.5 5.5v13L7 12zM4.5 6h2v12h-2z",
  on: "M8.5 5.5v13L17 12zM17.5 6h2v12h-2z",
  sound: "M4 9v6h4l5 4V5L8 9zM15.5 8.2v7.6a4.2 4.2 0 0 0 0-7.6z",
  muted: "M4 9v6h4l5 4V5L8 9zM15 9.4l1.4-1.4L18.5 10l2.1-2 1.4 1.4-2.1 2.1 2.1 2.1-1.4 1.4-2.1-2.1-2.1 2.1-1.4-1.4 2.1-2.1z",
  loop: "M7 7h9V4l5 4-5 4V9H8v4H6V8a1 1 0 0 1 1-1zM17 17H8v3l-5-4 5-4v3h8v-4h2v5a1 1 0 0 1-1 1z",
  onwards: "M4 6h10v2H4zM4 11h10v2H4zM4 16h7v2H4zM15 12v8l6-4z",
  view: "M4 6h8.1a3 3 0 0 1 5.8 0H20v2h-2.1a3 3 0 0 1-5.8 0H4zM4 16h2.1a3 3 0 0 1 5.8 0H20v2h-8.1a3 3 0 0 1-5.8 0H4z",
  save: "M11 4h2v8h3l-4 4.5L8 12h3zM5 18h14v2H5z",
  help: "M11 16.5h2.2v2.2H11zM12 5a4.2 4.2 0 0 0-4.2 4.2h2.1a2.1 2.1 0 1 1 3.3 1.7c-1.3.9-2.1 1.7-2.1 3.6h2.1c0-1.2.5-1.6 1.4-2.3A4.2 4.2 0 0 0 12 5z",
};

/** An icon that screen readers pass over. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
