// Metrics of a clip as they are read.

/** `name` ends in `_derived` where the lips are not those of a file. @typedef {{name: string, title: string, unit: string, value: number | null}} Metric */

const HEADLINE = "lve_max_l2_mm";
export const DERIVED = "_derived";

/** The metric that stands for all where there is room for one. @param {Metric[]} [metrics] @returns {Metric | null} */
export function headline(metrics = []) {
  return metrics.find(({ name }) => name === HEADLINE || name === HEADLINE + DERIVED) ?? null;
}

/** "1.24 mm", "–" where there is no value. @param {Metric} metric */
export function metricText({ value, unit }) {
  return value === null ? valueText(value) : `${valueText(value)}${unit === "°" ? "" : " "}${unit}`.trim();
}

/** The same without its unit. @param {number | null} value */
export function valueText(value) {
  if (value === null) return "–";
  const size = Math.abs(value);
  const digits = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 || size === 0 ? 2 : 3;
  return value.toFixed(digits).replace("-", "−");
}
