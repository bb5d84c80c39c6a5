// Everything around the face: what is written on it, and the buttons and panels under it. It shows what the player is.

import { makeCover } from "./cover.js";
import { makeHelp, makeNotices, makeWords } from "./overlay.js";
import { makePanel } from "./panel.js";
import { snapshotOf } from "./snapshot.js";
import { makeTracksView } from "./tracks-view.js";
import { makeBar, makeScrub } from "./transport.js";
import { make } from "../style.js";

/** @typedef {{follows: boolean, lost: boolean, blocked: boolean}} Circumstances  see `makeCover` */

export class View {
  #player;
  #core;
  #circumstances;
  #canvas;
  #notices = makeNotices();
  #words = makeWords();
  #tracks;
  #cover;
  #help;
  #scrub;
  #bar;
  #panel;
  #shownClip = null;
  #pending = false;

  /**
   * @param {import("./flame-player.js").FlamePlayer} player
   * @param {import("./core.js").PlayerCore} core
   * @param {import("./actions.js").Actions} actions
   * @param {HTMLCanvasElement} canvas
   * @param {() => Circumstances} circumstances
   */
  constructor(player, core, actions, canvas, circumstances) {
    this.#player = player;
    this.#core = core;
    this.#canvas = canvas;
    this.#circumstances = circumstances;
    this.#tracks = makeTracksView((key) => core.comparison.retry(key));
    this.#cover = makeCover({
      retry: () => core.retry(),
      play: () => player.play(),
      next: () => actions.ask("next"),
      slow: () => this.change(),
    });
    this.#help = makeHelp(() => (player.helpOpen = false));
    this.#scrub = makeScrub(actions);
    this.#bar = makeBar(actions);
    this.#panel = makePanel(actions);
    /** Where the face is. */
    this.picture = make("div", { class: "stage" },
      canvas, this.#tracks.element, this.#notices.element, this.#words.element, this.#cover.busy, this.#cover.element);
  }

  /** All of it, in order. @type {HTMLElement[]} */
  get elements() {
    return [
      this.picture, this.#tracks.scale, this.#tracks.status, this.#scrub.element, this.#bar.element, this.#panel.element,
      this.#help.element,
    ];
  }

  /** What is written on the picture because it is not as in the data. @type {string[]} */
  get notes() {
    return this.#notices.alterations;
  }

  /** Put words in the place of those that came with the clip. */
  setWords(words) {
    this.#words.setWords(words, this.#player.fps);
    this.showFrame();
  }

  /** Whether a press lies beside the open panel and its button. */
  isOutsidePanel(path) {
    return !path.includes(this.#panel.element) && !path.includes(this.#bar.view);
  }

  /** Show everything anew, once however much has changed. */
  change() {
    if (this.#pending) return;
    this.#pending = true;
    queueMicrotask(() => {
      this.#pending = false;
      this.#show();
    });
  }

  /** Show what changes with the frame. */
  showFrame() {
    const { frame, clip, captions } = this.#player;
    this.#scrub.showFrame(frame);
    this.#bar.showFrame(frame);
    this.#notices.showFrame(clip, frame);
    this.#words.show(frame, captions);
    this.#tracks.showFrame(frame, this.#core.stage);
  }

  #show() {
    const player = this.#player, { stage, comparison } = this.#core;
    const { clip, helpOpen } = player;
    if (clip !== this.#shownClip) {
      this.#shownClip = clip;
      this.#words.setWords(clip?.words ?? [], player.fps);
    }
    const snapshot = snapshotOf(player, this.#core);
    for (const part of [this.#scrub, this.#bar, this.#panel, this.#notices]) part.show(snapshot);
    this.#tracks.show(comparison, stage);
    this.#canvas.ariaLabel = comparison.description ?? "Face";
    this.picture.classList.toggle("compared", comparison.pictures !== null);
    this.showFrame();
    if (this.#help.element.hidden === helpOpen) {
      this.#help.element.hidden = !helpOpen;
      (helpOpen ? this.#help.done : player).focus();
    }
    if (stage.setup) this.picture.style.setProperty("--backdrop", `rgb(${stage.setup.looks[player.look].background.join(" ")})`);
    this.#showCover();
    this.#core.wake();
  }

  #showCover() {
    const { problem, progress, state } = this.#core;
    const { stem, hasNext } = this.#player;
    this.#cover.show({ state, progress, problem, stem, hasNext, ...this.#circumstances() });
    this.picture.classList.toggle("former", this.#cover.late);
  }
}
