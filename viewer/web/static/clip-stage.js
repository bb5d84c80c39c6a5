// <clip-stage>: the open clip: its film, the controls, the transcript.

import { film, getJSON, leave, prefetch, RouteError } from "./api.js";
import "./clip-words.js";
import "./film-panel.js";
import { FilmPlayer, frameAt } from "./film-player.js";
import "./play-controls.js";
import "./scrub-bar.js";
import { store } from "./store.js";
import { css, make, shared } from "./style.js";

const style = css`
  :host { display: flex; flex-direction: column; gap: 10px; height: 100%; min-height: 0; padding: 14px 20px 16px; }
  .title { display: flex; align-items: center; gap: 8px; min-height: 26px; min-width: 0; }
  h2 { font-size: 16px; font-weight: 620; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; user-select: text; }
  .chips { display: flex; gap: 4px; flex: none; }
  .picture { position: relative; flex: 1 1 auto; min-height: 200px; container-type: size; display: grid; place-items: center; border-radius: 12px; background: var(--fv-stage); overflow: hidden; }
  .frame { position: relative; width: min(100cqw, 100cqh); height: min(100cqw, 100cqh); }
  video { display: block; width: 100%; height: 100%; object-fit: contain; cursor: pointer; border-radius: 8px; }
  .picture:fullscreen { background: black; border-radius: 0; }
  .empty video { visibility: hidden; }
  @media (max-width: 1099px) { :host { height: auto; padding: 12px 16px; } .picture { flex: none; height: min(100vw - 32px, 56vh); } }
`;

class ClipStage extends HTMLElement {
  clip = null; // the answer of the clip route
  receipt = null; // of the film that is shown
  url = null;
  #video = make("video", { playsinline: true, preload: "auto", "aria-label": "Rendered face" });
  #stem = make("h2");
  #chips = make("span", { class: "chips" });
  #panel = make("film-panel");
  #frame = make("div", { class: "frame" }, this.#video);
  #picture = make("div", { class: "picture empty" }, this.#frame, this.#panel);
  #scrub = make("scrub-bar");
  #controls = make("play-controls");
  #words = make("clip-words");
  #abort = new AbortController();
  #repaired = false;

  constructor() {
    super();
    this.player = new FilmPlayer(this.#video);
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(make("div", { class: "title" }, this.#stem, this.#chips), this.#picture, this.#scrub, this.#controls, this.#words);
    this.#controls.bind(this.player);
    this.player.addEventListener("frame", () => this.#showFrame());
    this.player.addEventListener("broken", () => this.#repair());
    this.#video.addEventListener("ended", () => {
      if (this.#controls.autoplay) this.go(1);
    });
    this.#video.addEventListener("playing", () => this.#prefetch());
    this.#video.addEventListener("click", () => this.player.toggle());
    this.#scrub.addEventListener("seek", (event) => this.player.seek(event.detail.frame));
    this.#words.addEventListener("seek", ({ detail }) => {
      if (this.clip) this.player.seek(frameAt(detail.seconds, this.clip.fps, this.clip.frames));
    });
    this.#controls.addEventListener("previous", () => this.go(-1));
    this.#controls.addEventListener("next", () => this.go(1));
    this.#controls.addEventListener("full", () => this.toggleFullscreen());
    this.#panel.addEventListener("retry", () => this.#open({ play: true, retry: true }));
    this.#panel.addEventListener("next", () => this.go(1));
  }

  connectedCallback() {
    store.addEventListener("clip", this.#onClip);
    store.addEventListener("view", this.#onView);
    store.addEventListener("about", this.#onAbout);
    store.addEventListener("shown", this.#showNeighbours);
    if (store.clip !== null) this.#open({});
    else this.#onAbout();
  }

  disconnectedCallback() {
    store.removeEventListener("clip", this.#onClip);
    store.removeEventListener("view", this.#onView);
    store.removeEventListener("about", this.#onAbout);
    store.removeEventListener("shown", this.#showNeighbours);
    this.#abort.abort();
    this.player.unload();
  }

  get controls() {
    return this.#controls;
  }

  /** Open the clip `step` places further in the list. */
  go(step) {
    store.open(store.neighbour(step));
  }

  toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.#picture.requestFullscreen();
  }

  #onClip = ({ detail }) => this.#open({ play: detail.byUser });
  #onView = ({ detail }) => {
    if (!detail.otherClip) this.#open({ play: !this.#video.paused, frame: this.player.frame, stay: true });
  };
  #onAbout = () => {
    if (store.problem) this.#panel.showError(store.problem, false);
  };

  /** Show the store's clip. stay: it is the same clip in another look, so the old film may play until the new is there. */
  async #open({ play = false, frame = 0, stay = false, retry = false }) {
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const over = stay && this.url !== null;
    if (!over) this.#empty(store.clip);
    this.#panel.showWaiting(null, over);
    try {
      const clip = stay && this.clip ? this.clip : await getJSON("clip", { stem: store.clip }, signal);
      if (this.clip !== clip) this.#showClip(clip);
      const wish = { clip: store.clip, ...store.view, retry };
      const { url, receipt } = await film(wish, (answer) => this.#panel.showWaiting(answer, over), signal);
      this.#panel.clear();
      this.#picture.classList.remove("empty");
      this.url = url;
      this.receipt = receipt;
      this.#tell();
      const goOn = over ? { play: !this.#video.paused, frame: this.player.frame } : { play, frame };
      await this.player.load(url, goOn);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      this.#empty(store.clip, this.clip?.stem === store.clip ? this.clip : null);
      this.#panel.showError(error.message, store.neighbour(1) !== undefined);
    }
  }

  /** No film; and no clip either, unless its facts are known. */
  #empty(stem, clip = null) {
    this.player.unload();
    this.#picture.classList.add("empty");
    this.url = null;
    this.receipt = null;
    this.clip = null;
    this.#stem.textContent = stem ?? "";
    this.#stem.title = stem ?? "";
    this.#chips.replaceChildren();
    this.#showNeighbours();
    if (clip) {
      this.#showClip(clip);
      return;
    }
    this.player.setClip({ fps: 25, frames: 0 });
    this.#scrub.setClip(null);
    this.#words.setWords(null);
    this.#tell();
  }

  #showClip(clip) {
    this.clip = clip;
    this.#chips.replaceChildren(
      ...clip.splits.map((split) => make("span", { class: "chip" }, split)),
      ...clip.flags.map(({ code, message }) => make("span", { class: "chip warn", title: message }, code.replaceAll("-", " "))),
    );
    this.#scrub.setClip(clip);
    this.#words.setWords(clip.words);
    this.player.setClip(clip);
    store.updateRow(clip.row);
    this.#tell();
  }

  #showNeighbours = () => {
    this.#controls.previous.disabled = store.neighbour(-1) === undefined;
    this.#controls.next.disabled = store.neighbour(1) === undefined;
  };

  #showFrame() {
    this.#scrub.show(this.player.frame);
    this.#words.show((this.player.frame + 0.5) / this.player.fps);
  }

  #prefetch() {
    this.#repaired = false;
    const next = store.neighbour(1);
    if (next !== undefined) prefetch({ clip: next, ...store.view });
  }

  /** The film could not be read, such as after the cache was emptied: ask for it once more. */
  #repair() {
    if (this.#repaired) {
      this.#empty(store.clip, this.clip);
      this.#panel.showError("The browser cannot play this film. Try again, or open the page in another browser.", false);
      return;
    }
    this.#repaired = true;
    this.#open({ frame: this.player.frame });
  }

  #tell() {
    store.dispatchEvent(new CustomEvent("stage", { detail: this }));
  }
}

customElements.define("clip-stage", ClipStage);
