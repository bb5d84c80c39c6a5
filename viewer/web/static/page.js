// The page: loads the elements and gives the keyboard to them.

import "./clip-stage.js";
import "./connection.js";
import "./data-facts.js";
import { press as pressCompare } from "./compare/keys.js";
import "./fact-sheet.js";
import "./list/clip-list.js";
import "./viewer-header.js";
import { press as pressReview } from "./review/keys.js";
import { review } from "./review/review.js";
import { store } from "./store.js";

export { store };

const find = (name) => document.querySelector(name);

/** Keys of the page itself; all others go to the tab that is shown, whether or not it has the focus. */
const PAGE_KEYS = {
  ArrowDown: () => find("clip-list")?.moveBy(1),
  ArrowUp: () => find("clip-list")?.moveBy(-1),
  "/": () => find("clip-list")?.focusFilter(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!wantsItself(event.composedPath()[0], event.key) && run(event.key)) event.preventDefault();
});

document.addEventListener("finding", ({ detail }) => find("clip-stage").showFinding(detail));

document.addEventListener("help", (event) => {
  event.preventDefault(); // the player would show its own keys only
  find("viewer-header").toggleHelp();
});

/** Do what a key means; the first keys may come before the elements. @returns {boolean} whether it means anything */
function run(key) {
  if (pressReview(key, review) || pressCompare(key, find("clip-stage")?.compareBar)) return true;
  if (!(key in PAGE_KEYS)) return find("clip-stage")?.view.press({ key }) ?? false;
  PAGE_KEYS[key]();
  return true;
}

/** Whether the focused element needs this key: text fields all of them, buttons the space bar, sliders the arrows. */
function wantsItself(element, key) {
  if (!(element instanceof Element)) return false;
  if (element.closest("dialog[open]")) return key !== "?";
  if (element.matches("input[type=range]")) return key.startsWith("Arrow");
  if (element.matches("input, textarea, select, [contenteditable], [role=combobox], [role=option]")) return true;
  return key === " " && element.matches("button, summary, a");
}

store.opened.then(() => store.about && review.start());
