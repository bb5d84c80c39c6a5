// How bad a finding is: a word, a shape and a colour each, so that the colour is never all there is.

import { css } from "../style.js";

const SVG = "http://www.w3.org/2000/svg";

/** Worst first. Shapes lie on a grid of 12 × 12; colours are properties of `severityColours`. */
export const SEVERITIES = {
  error: { title: "Error", path: "M3.6 .8h4.8l2.8 2.8v4.8l-2.8 2.8H3.6L.8 8.4V3.6zM5.2 2.8l.2 4h1.2l.2-4zM6 7.7a.85.85 0 1 0 0 1.7a.85.85 0 1 0 0-1.7z", colour: "--severity-error" },
  warn: { title: "Warning", path: "M6 .7L11.7 11H.3zM5.3 4.1l.2 3.3h1l.2-3.3zM6 8.2a.75.75 0 1 0 0 1.5a.75.75 0 1 0 0-1.5z", colour: "--severity-warn" },
  note: { title: "Note", path: "M6 1.6a4.4 4.4 0 1 0 0 8.8a4.4 4.4 0 1 0 0-8.8zM6 3.2a2.8 2.8 0 1 1 0 5.6a2.8 2.8 0 1 1 0-5.6z", colour: "--severity-note" },
  ok: { title: "All well", path: "M1.4 6.4L2.8 5l2 2L9.4 2.4l1.4 1.4L4.8 9.8z", colour: "--severity-ok" },
};

/** The colours, for elements that stand on any page: the page's own where it has them. */
export const severityColours = css`:host {
  --severity-error: var(--fv-severity-error, light-dark(#b42318, #ff8f85));
  --severity-warn: var(--fv-severity-warn, light-dark(#a15c00, #f3b657));
  --severity-note: var(--fv-severity-note, light-dark(#3a62cf, #8eb3f7));
  --severity-ok: var(--fv-severity-ok, light-dark(#2f7d4f, #7fce9f));
}`;

/** "error" -> "Error", "none" -> "Not checked" */
export function severityTitle(severity) {
  return SEVERITIES[severity]?.title ?? "Not checked";
}

/** The shape of a severity, coloured; for screen readers its word. label: what it says more. */
export function severityMark(severity, label = severityTitle(severity)) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 12 12");
  svg.setAttribute("class", `severity ${severity}`);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  const shape = document.createElementNS(SVG, "path");
  shape.setAttribute("d", SEVERITIES[severity].path);
  shape.setAttribute("fill-rule", "evenodd");
  svg.append(shape);
  svg.style.color = `var(${SEVERITIES[severity].colour})`;
  svg.style.fill = "currentColor";
  return svg;
}

/** A value with its unit: "21.3°", "0.42 mm". */
export function withUnit(value, unit) {
  if (value === null || value === undefined) return "–";
  const text = (Number.isInteger(value) ? value.toLocaleString("en") : String(Number(value.toPrecision(3)))).replace("-", "−");
  return unit ? `${text}${unit === "°" || unit === "%" ? "" : " "}${unit}` : text;
}
