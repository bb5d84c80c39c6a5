// <film-view>: the store's clip as a rendered mp4, with its controls. Rendered only when `open` is called.
// Fires "facts" (the clip's facts came), "film" (`url` and `receipt` changed), "frame", "rest" {frame} (paused there),
// "next", "previous" and "settings" for its buttons.

import { film, getJSON, leave, prefetch, RouteError } from "./api.js";
import { FilmActions } from "./film-actions.js";
import "./film-panel.js";
import { FilmPlayer } from "./film-player.js";
import { order } from "./list/clip-order.js";
import "./play-controls.js";
import { press } from "./player/keys.js";
import "./scrub-bar.js";
import { SKIP_MS } from "./player/flame-player.js";
import { store } from "./store.js";
import { css, make, shared } from "./style.js";

const style = css`
  :host { display: flex; flex-direction: column; gap: 10px; min-height: 0; }
  .picture { position: relative; flex: 1 1 auto; min-height: 200px; container-type: size; display: grid; place-items: center; border-radius: 12px; background: var(--fv-stage); overflow: hidden; }
  .frame { position: relative; width: min(100cqw, 100cqh); height: min(100cqw, 100cqh); }
  video { display: block; width: 100%; height: 100%; object-fit: contain; cursor: pointer; border-radius: 8px; }
  .picture:fullscreen { background: black; border-radius: 0; }
  .empty video { visibility: hidden; }
  @media (max-width: 1099px) { .picture { flex: none; height: min(100vw - 32px, 56vh); } }
`;

class FilmView extends HTMLElement {
  clip = null; // the answer of the clip route
  receipt = null; // of the film that is shown
  url = null;
  controls = make("play-controls");
  #video = make("video", { playsinline: true, preload: "auto", "aria-label": "Rendered face" });
  #panel = make("film-panel");
  #picture = make("div", { class: "picture empty" }, make("div", { class: "frame" }, this.#video), this.#panel);
  #scrub = make("scrub-bar");
  #actions = new FilmActions(this);
  #abort = new AbortController();
  #repaired = false;
  #wanted = 0; // frame that a film that is still to come begins with
  #skip = 0;

  constructor() {
    super();
    this.player = new FilmPlayer(this.#video);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(this.#picture, this.#scrub, this.controls);
    this.controls.bind(this.player);
    this.player.addEventListener("frame", () => this.#showFrame());
    this.player.addEventListener("broken", () => this.#repair());
    this.#video.addEventListener("ended", () => {
      if (this.controls.autoplay) this.#tell("next");
    });
    this.#video.addEventListener("pause", () => this.#rest());
    this.#video.addEventListener("playing", () => this.#prefetch());
    this.#video.addEventListener("click", () => this.player.toggle());
    this.#scrub.addEventListener("seek", (event) => this.player.seek(event.detail.frame));
    for (const type of ["previous", "next", "settings"]) this.controls.addEventListener(type, () => this.#tell(type));
    this.controls.addEventListener("full", () => this.toggleFullscreen());
    this.#panel.addEventListener("retry", () => this.open({ play: true, retry: true }));
    this.#panel.addEventListener("next", () => this.#tell("next"));
  }

  get playing() {
    return !this.#video.paused;
  }

  /** Frame that is shown, or is to be. */
  get frame() {
    return this.player.hasFilm ? this.player.frame : store.frame;
  }

  pause() {
    this.#video.pause();
  }

  seek(frame) {
    this.#wanted = frame;
    this.player.seek(frame);
  }

  /** Do what a key means. @returns {boolean} whether it means anything */
  press(event) {
    return press(event, this.#actions);
  }

  toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.#picture.requestFullscreen();
  }

  /** What the list says of neighbours. */
  setNeighbours(hasPrevious, hasNext) {
    this.controls.previous.disabled = !hasPrevious;
    this.controls.next.disabled = !hasNext;
    this.#panel.hasNext = hasNext;
  }

  /** Say why there is nothing to show. */
  showProblem(message) {
    this.#panel.showError(message);
  }

  /** Show the store's clip. stay: it is the same clip in another look, so the old film may play until the new is there. */
  async open({ play = false, frame = 0, stay = false, retry = false }) {
    this.#abort.abort();
    clearTimeout(this.#skip);
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const over = stay && this.url !== null;
    const stem = store.clip;
    this.#wanted = frame;
    if (!over) this.#empty();
    this.#panel.showWaiting(null, over);
    try {
      const clip = stay && this.clip ? this.clip : await getJSON("clip", { stem }, signal);
      if (this.clip !== clip) this.#showClip(clip);
      const wish = { clip: stem, ...store.view, retry };
      const { url, receipt } = await film(wish, (answer) => this.#panel.showWaiting(answer, over), signal);
      this.#panel.clear();
      this.#picture.classList.remove("empty");
      this.url = url;
      this.receipt = receipt;
      this.#tell("film");
      const goOn = over ? { play: this.playing, frame: this.player.frame } : { play, frame: this.#wanted };
      await this.player.load(url, goOn);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      this.#empty(this.clip?.stem === stem ? this.clip : null);
      this.#panel.showError(error.message);
      if (!play || !this.controls.autoplay) return;
      const next = await order.next(stem); // which may be known later than that this one is refused
      if (signal.aborted || next === undefined) return;
      this.#panel.showError(error.message, { follows: true });
      this.#skip = setTimeout(() => this.#tell("next"), SKIP_MS);
    }
  }

  /** Show nothing, and wait for nothing. */
  close() {
    this.#abort.abort();
    clearTimeout(this.#skip);
    leave();
    this.#empty();
    this.#panel.clear();
  }

  /** No film; and no clip either, unless its facts are known. */
  #empty(clip = null) {
    this.player.unload();
    this.#picture.classList.add("empty");
    this.url = this.receipt = this.clip = null;
    if (clip) {
      this.#showClip(clip);
      return;
    }
    this.player.setClip({ fps: 25, frames: 0 });
    this.#scrub.setClip(null);
    this.#tell("film");
  }

  #showClip(clip) {
    this.clip = clip;
    this.#scrub.setClip(clip);
    this.player.setClip(clip);
    this.#tell("facts");
  }

  #showFrame() {
    this.#scrub.show(this.player.frame);
    if (!this.playing) this.#rest();
    this.#tell("frame");
  }

  #rest() {
    if (this.player.hasFilm) this.dispatchEvent(new CustomEvent("rest", { detail: { frame: this.player.frame } }));
  }

  #prefetch() {
    this.#repaired = false;
    const next = order.neighbour(1);
    if (next !== undefined) prefetch({ clip: next, ...store.view });
  }

  /** The film could not be read, such as after the cache was emptied: ask for it once more. */
  #repair() {
    if (this.#repaired) {
      this.#empty(this.clip);
      this.#panel.showError("The browser cannot play this film. Try again, or open the page in another browser.");
      return;
    }
    this.#repaired = true;
    this.open({ frame: this.player.frame });
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}

customElements.define("film-view", FilmView);
