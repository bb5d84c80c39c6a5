// The page: loads the elements and gives the keyboard to them.

import "./clip-stage.js";
import "./fact-sheet.js";
import "./list/clip-list.js";
import "./viewer-header.js";
import { store } from "./store.js";

export { store };

const find = (name) => document.querySelector(name);

/** Keys of the page itself. */
const PAGE_KEYS = {
  n: () => find("clip-stage").go(1),
  p: () => find("clip-stage").go(-1),
  a: () => find("clip-stage").toggleAutoplay(),
  f: () => find("clip-stage").toggleFullscreen(),
  ArrowDown: () => find("clip-list").moveBy(1),
  ArrowUp: () => find("clip-list").moveBy(-1),
  "/": () => find("clip-list").focusFilter(),
};

const FILM_KEYS = {
  " ": (film) => film.player.toggle(),
  k: (film) => film.player.toggle(),
  ArrowRight: (film) => film.player.seek(film.player.frame + film.player.fps),
  ArrowLeft: (film) => film.player.seek(film.player.frame - film.player.fps),
  ".": (film) => film.player.step(1),
  ",": (film) => film.player.step(-1),
  m: (film) => film.controls.toggleMute(),
  r: (film) => film.controls.toggleLoop(),
  "?": () => find("viewer-header").toggleHelp(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!wantsItself(event.composedPath()[0], key) && run(key)) event.preventDefault();
});

/** Whether the key means something. What the page does not know, the player does: its keys work without its having the focus. */
function run(key) {
  const { live, film, view } = find("clip-stage");
  if (key in PAGE_KEYS) PAGE_KEYS[key]();
  else if (view === live) return !live.player.dispatchEvent(new KeyboardEvent("keydown", { key, cancelable: true }));
  else if (key in FILM_KEYS) FILM_KEYS[key](film);
  else return false;
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
