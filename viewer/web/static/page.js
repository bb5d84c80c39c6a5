// The page: loads the elements and gives the keyboard to them.

import "./clip-list.js";
import "./clip-stage.js";
import "./fact-sheet.js";
import "./viewer-header.js";
import { store } from "./store.js";

export { store };

const find = (name) => document.querySelector(name);

const KEYS = {
  " ": () => find("clip-stage").player.toggle(),
  k: () => find("clip-stage").player.toggle(),
  n: () => find("clip-stage").go(1),
  p: () => find("clip-stage").go(-1),
  ArrowRight: () => seekBy(1),
  ArrowLeft: () => seekBy(-1),
  ArrowDown: () => find("clip-list").moveBy(1),
  ArrowUp: () => find("clip-list").moveBy(-1),
  ".": () => find("clip-stage").player.step(1),
  ",": () => find("clip-stage").player.step(-1),
  m: () => find("clip-stage").controls.toggleMute(),
  l: () => find("clip-stage").controls.toggleLoop(),
  a: () => find("clip-stage").controls.toggleAutoplay(),
  f: () => find("clip-stage").toggleFullscreen(),
  "/": () => find("clip-list").focusFilter(),
  "?": () => find("viewer-header").toggleHelp(),
};

function seekBy(seconds) {
  const { player } = find("clip-stage");
  player.seek(player.frame + seconds * player.fps);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const action = KEYS[key];
  if (action === undefined || wantsItself(event.composedPath()[0], key)) return;
  event.preventDefault();
  action();
});

/** Whether the focused element needs this key: text fields all of them, buttons the space bar, sliders the arrows. */
function wantsItself(element, key) {
  if (!(element instanceof Element)) return false;
  if (element.closest("dialog[open]")) return key !== "?";
  if (element.matches("input[type=range]")) return key.startsWith("Arrow");
  if (element.matches("input, textarea, select, [contenteditable], [role=combobox], [role=option]")) return true;
  return key === " " && element.matches("button, summary, a");
}
