// Columns that checks of quality fill, as the catalogue names them.

import { order } from "./clip-order.js";

const PREFIX = "check_";

/** Whether a column holds the values of a check. */
export function isCheck({ name }) {
  return name.startsWith(PREFIX);
}

/** "jaw" -> "Jaw angle" */
export function checkTitle(check) {
  const title = order.columns.find(({ name }) => name === `${PREFIX}${check}`)?.title ?? check.replaceAll("_", " ");
  return title.charAt(0).toUpperCase() + title.slice(1);
}
