// <clip-stage>: the open clip on two tabs, played live or as a rendered film, and its transcript. Only one tab plays.

import "./clip-words.js";
import "./compare/compare-bar.js";
import { comparison } from "./compare/comparison.js";
import "./film-view.js";
import { order } from "./list/clip-order.js";
import "./live-view.js";
import { frameAt, frameMiddle } from "./player/clock.js";
import { review } from "./review/review.js";
import "./review/review-panel.js";
import { store } from "./store.js";
import { css, icon, make, shared } from "./style.js";

const COPIED_MS = 1500;

const style = css`
  :host { display: flex; flex-direction: column; gap: 10px; height: 100%; min-height: 0; padding: 12px 20px 12px; overflow: hidden auto; scrollbar-width: thin; }
  .title { display: flex; align-items: center; gap: 8px; min-height: 32px; min-width: 0; }
  h2 { font-size: 16px; font-weight: 620; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; user-select: text; }
  .chips { display: flex; gap: 4px; flex: none; margin-right: auto; }
  .tabs { display: flex; flex: none; padding: 2px; border-radius: 9px; background: var(--fv-chip); }
  .tabs button { height: 28px; padding: 0 14px; border: 0; border-radius: 7px; background: none; color: var(--fv-muted); font-weight: 550; }
  .tabs button[aria-selected="true"] { color: var(--fv-text); background: var(--fv-surface); box-shadow: 0 1px 3px rgb(0 0 0 / 14%); }
  .message { display: flex; align-items: center; gap: 10px; padding: 6px 6px 6px 12px; border-radius: 8px; background: var(--fv-warn-soft); color: var(--fv-warn); font-size: 13px; overflow-wrap: anywhere; }
  .message span { flex: 1; }
  .message button { height: 26px; border: 0; background: none; color: inherit; }
  live-view, film-view { flex: 1 1 auto; }
  live-view { min-height: 490px; } /* with the bars above it there may be no room for more: then the stage scrolls */
  @media (max-width: 1099px) { :host { height: auto; padding: 12px 16px; overflow: visible; } live-view, film-view { flex: none; min-height: 0; } }
  .copy, .compare { flex: none; }
  @media (max-width: 759px) { .title { flex-wrap: wrap; } h2 { flex: 1 0 100%; } .copy:not(.copied), .compare { width: 32px; padding: 0; } .copy:not(.copied) .text, .compare .text { position: absolute; opacity: 0; } .tabs button { padding: 0 11px; } }
`;

class ClipStage extends HTMLElement {
  clip = null; // the answer of the clip route
  live = make("live-view", { id: "panel-live", role: "tabpanel", "aria-labelledby": "tab-live" });
  film = make("film-view", { id: "panel-mp4", role: "tabpanel", "aria-labelledby": "tab-mp4", hidden: true });
  compareBar = make("compare-bar", { hidden: true });
  #views = { live: this.live, mp4: this.film };
  #tabs = { live: tab("live", "Live", "Played by this browser"), mp4: tab("mp4", "mp4", "Rendered film, as it is exported") };
  #stem = make("h2");
  #chips = make("span", { class: "chips" });
  #copyText = make("span", { class: "text" }, "Copy link");
  #copy = make("button", { type: "button", class: "quiet copy", title: "Copy a link to this frame" }, icon("link"), this.#copyText);
  #compare = make("button", { type: "button", class: "quiet compare", hidden: true, title: "Beside the same clip of the other data sets (O)" }, icon("compare"), make("span", { class: "text" }, "Compare"));
  #message = make("div", { class: "message", role: "alert", hidden: true });
  #words = make("clip-words");
  #shown = "live"; // name of the tab
  #copied = 0;
  #noWebGL = false; // this browser cannot draw

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    const tabs = make("div", { class: "tabs", role: "tablist", "aria-label": "How the clip is shown" }, this.#tabs.live, this.#tabs.mp4);
    for (const [name, button] of Object.entries(this.#tabs)) button.addEventListener("click", () => store.setTab(name));
    tabs.addEventListener("keydown", (event) => this.#tabKey(event));
    this.#copy.addEventListener("click", () => this.#copyLink());
    this.#compare.addEventListener("click", () => comparison.toggle());
    this.#words.addEventListener("seek", ({ detail }) => {
      if (this.clip) this.view.seek(frameAt(detail.seconds, this.clip.fps, this.clip.frames));
    });
    for (const view of Object.values(this.#views)) this.#bind(view);
    this.live.addEventListener("problem", ({ detail }) => this.#onProblem(detail));
    this.film.addEventListener("film", () => this.#tell());
    const { controls } = this.film;
    Object.assign(this.live.player, { autoplayNext: controls.autoplay, loop: controls.loop });
    // Last: this may start the player, which tells at once when it cannot draw.
    root.append(make("div", { class: "title" }, this.#stem, this.#chips, this.#compare, this.#copy, tabs), make("review-panel", { hidden: true }),
      this.compareBar, this.#message,
      this.live, this.film, this.#words);
  }

  connectedCallback() {
    for (const [type, run] of Object.entries(this.#listeners)) store.addEventListener(type, run);
    order.addEventListener("neighbours", this.#showNeighbours);
    review.addEventListener("change", this.#showNeighbours);
    comparison.addEventListener("change", this.#showCompare);
    this.#showCompare();
    this.#onAbout();
    if (store.clip === null) return;
    this.#showSpeed(); // the store may have read the URL before this was here
    this.#listeners.clip({ detail: { byUser: false } });
  }

  disconnectedCallback() {
    for (const [type, run] of Object.entries(this.#listeners)) store.removeEventListener(type, run);
    order.removeEventListener("neighbours", this.#showNeighbours);
    review.removeEventListener("change", this.#showNeighbours);
    comparison.removeEventListener("change", this.#showCompare);
    this.live.pause();
    this.film.close();
  }

  /** The one that is visible. */
  get view() {
    return this.#views[this.#shown];
  }

  /** URL and receipt of the film, where there is one of the open clip. */
  get url() {
    return this.film.url;
  }

  get receipt() {
    return this.film.receipt;
  }

  /** Open the clip `step` places further in the list, or in the queue that is reviewed. */
  go(step) {
    (review.isOpen ? review : order).step(step);
  }

  /** Go to a finding of the open clip and play the second around it, on the live tab where this browser can draw. */
  showFinding(finding) {
    if (this.#noWebGL) {
      this.view.seek(frameAt(finding.start, this.clip?.fps ?? 25, this.clip?.frames ?? 1));
      return;
    }
    store.setTab("live");
    this.live.showFinding(finding);
  }

  #listeners = {
    clip: ({ detail }) => this.#open(detail.byUser),
    view: ({ detail }) => this.#onView(detail),
    live: ({ detail }) => !detail.otherClip && this.live.applyView(), // else it is opened in a moment
    tab: ({ detail }) => this.#onTab(detail),
    place: () => this.view.seek(store.frame),
    speed: () => this.#showSpeed(),
    about: () => this.#onAbout(),
  };

  /** What both tabs have in common. */
  #bind(view) {
    const whileVisible = (run) => (event) => view === this.view && run(event);
    view.addEventListener("frame", whileVisible(() => this.#words.show(frameMiddle(view.frame, this.clip?.fps ?? 25))));
    view.addEventListener("rest", whileVisible(({ detail }) => store.setFrame(detail.frame)));
    view.addEventListener("facts", whileVisible(() => view.clip !== this.clip && this.#showClip(view.clip)));
    view.addEventListener("next", whileVisible(() => this.go(1)));
    view.addEventListener("previous", whileVisible(() => this.go(-1)));
    view.addEventListener("settings", () => this.#share(view));
  }

  /** What was chosen on one tab holds on the other. */
  #share(view) {
    const { player } = this.live;
    const { controls } = this.film;
    if (view === this.live) Object.assign(controls, { autoplay: player.autoplayNext, loop: player.loop });
    else Object.assign(player, { autoplayNext: controls.autoplay, loop: controls.loop });
    store.setSpeed(view === this.live ? player.speed : controls.speed);
  }

  #showSpeed() {
    this.live.player.speed = this.film.controls.speed = store.speed;
  }

  #open(play) {
    this.#stem.textContent = this.#stem.title = store.clip;
    this.#chips.replaceChildren();
    this.#words.setWords(null);
    this.clip = null;
    this.#showNeighbours();
    if (!this.#noWebGL) this.#say(null);
    if (this.#noWebGL && !play && store.tab === "live") {
      store.setTab("mp4", { replace: true }); // which opens it
      return;
    }
    if (this.#shown !== store.tab) {
      if (this.view === this.film) this.film.close(); // it may still be on its way
      this.#show(store.tab);
    }
    this.view.open({ play, frame: store.frame });
    if (this.view === this.live && this.film.clip) this.film.close();
    this.#tell();
  }

  #onView({ by, otherClip }) {
    if (otherClip) return; // it is opened in a moment
    if (by !== "player") this.live.applyView();
    if (this.view === this.film) this.film.open({ play: this.film.playing, frame: this.film.frame, stay: true });
    else if (this.film.url) this.film.close();
  }

  #onTab({ otherClip }) {
    if (otherClip) return; // it is opened in a moment
    const { playing: play, frame } = this.view;
    this.view.pause();
    if (this.view === this.film && !this.film.url) this.film.close(); // nobody waits for it any more
    this.#show(store.tab);
    if (this.view === this.film && this.film.url) {
      this.film.seek(frame);
      if (play) this.film.player.play();
    } else this.view.open({ play, frame });
  }

  #show(name) {
    this.#shown = name;
    for (const [other, button] of Object.entries(this.#tabs)) {
      button.setAttribute("aria-selected", String(other === name));
      button.tabIndex = other === name ? 0 : -1;
      this.#views[other].hidden = other !== name;
    }
  }

  #showClip(clip) {
    this.clip = clip;
    this.#chips.replaceChildren(
      ...clip.splits.map((split) => make("span", { class: "chip" }, split)),
      ...clip.flags.map(({ code, message }) => make("span", { class: "chip warn", title: message }, code.replaceAll("-", " "))),
    );
    this.#words.setWords(clip.words);
    this.#words.show(frameMiddle(this.view.frame, clip.fps));
    store.updateRow(clip.row);
    this.#tell();
  }

  #showNeighbours = () => {
    const [hasPrevious, hasNext] = [-1, 1].map((step) => (review.isOpen ? review.has(step) : order.neighbour(step) !== undefined));
    for (const view of Object.values(this.#views)) view.setNeighbours(hasPrevious, hasNext);
  };

  #showCompare = () => {
    this.#compare.hidden = !comparison.isPossible;
    this.#compare.setAttribute("aria-pressed", String(comparison.isOpen));
  };

  #onAbout() {
    if (!store.problem) return;
    this.#show("mp4");
    this.film.showProblem(store.problem);
  }

  /** Without WebGL the film is shown instead; the tab "Live" still plays sound and curves for who asks for it. */
  #onProblem({ message, webgl }) {
    if (!webgl) {
      if (this.live.player.state !== "error") this.#say(message); // the player itself says why a clip does not open
      return;
    }
    this.#noWebGL = true;
    this.#say(message);
    if (store.clip !== null) store.setTab("mp4", { replace: true });
  }

  #say(message) {
    this.#message.hidden = message === null;
    if (message === null) return;
    const close = make("button", { type: "button", "aria-label": "Close this message" }, "✕");
    close.addEventListener("click", () => this.#say(null));
    this.#message.replaceChildren(make("span", {}, message), close);
  }

  async #copyLink() {
    await copyText(store.link(this.view.frame));
    this.#showCopied(true);
    clearTimeout(this.#copied);
    this.#copied = setTimeout(() => this.#showCopied(false), COPIED_MS);
  }

  #showCopied(copied) {
    this.#copyText.textContent = copied ? "Copied" : "Copy link";
    this.#copy.classList.toggle("copied", copied);
  }

  #tabKey(event) {
    if (!["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    event.preventDefault();
    store.setTab(this.#shown === "live" ? "mp4" : "live");
    this.#tabs[this.#shown].focus();
  }

  #tell() {
    store.dispatchEvent(new CustomEvent("stage", { detail: this }));
  }
}

function tab(name, label, title) {
  return make("button", {
    type: "button", role: "tab", id: `tab-${name}`, title, "aria-controls": `panel-${name}`,
    "aria-selected": String(name === "live"), tabindex: name === "live" ? "0" : "-1",
  }, label);
}

/** Browsers offer the clipboard only on this machine and over https; elsewhere the old way still works. */
async function copyText(text) {
  if (navigator.clipboard) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = make("textarea", {}, text);
  document.body.append(field);
  field.select();
  document.execCommand("copy");
  field.remove();
}

customElements.define("clip-stage", ClipStage);
