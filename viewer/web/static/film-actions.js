// What keys do to the rendered film: of the player's `Actions`, those that a film can do as well.

import { framesIn } from "./player/clock.js";
import { savePicture } from "./player/download.js";
import { store } from "./store.js";

export class FilmActions {
  #view;

  /** @param {HTMLElement} view  the <film-view> */
  constructor(view) {
    this.#view = view;
  }

  get #player() {
    return this.#view.player;
  }

  toggle() {
    this.#player.toggle();
  }

  step(frames) {
    this.#player.step(frames);
  }

  skip(seconds) {
    this.#player.seek(this.#player.frame + framesIn(seconds, this.#player.fps));
  }

  goTo(frame) {
    this.#player.seek(frame);
  }

  /** Ask the page for the "next" or "previous" clip. */
  ask(which) {
    this.#view.dispatchEvent(new Event(which));
  }

  toggleLoop() {
    this.#view.controls.toggleLoop();
  }

  toggleAutoplayNext() {
    this.#view.controls.toggleAutoplay();
  }

  changeSpeed(direction) {
    this.#view.controls.changeSpeed(direction);
  }

  toggleMute() {
    this.#view.controls.toggleMute();
  }

  preset(index) {
    const camera = store.about.cameras[index];
    if (camera) store.setView({ camera });
  }

  /** Hand the film's picture to the browser as a download. */
  async save() {
    const { hasFilm, video, frame } = this.#player;
    const { clip } = store;
    if (!hasFilm) return;
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext("2d").drawImage(video, 0, 0);
    await savePicture(await canvas.convertToBlob(), clip, frame);
  }

  toggleFullscreen() {
    this.#view.toggleFullscreen();
  }

  toggleHelp() {
    this.#view.dispatchEvent(new CustomEvent("help", { bubbles: true, composed: true }));
  }
}
