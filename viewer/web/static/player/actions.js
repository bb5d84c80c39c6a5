// What the user does with mouse and keys. Seeks made here are announced ("seek"); the element's own seek() is not, so
// that a page can tell a person's wish from its own.

import { framesIn } from "./clock.js";
import { savePicture } from "./download.js";
import { regionMarked } from "./region.js";
import { nextSpeed } from "./speeds.js";
import { recall, remember } from "../memory.js";

const MEMORY = "flame-player";

export class Actions {
  #player;
  #resume = false;

  /** @param {import("./flame-player.js").FlamePlayer} player */
  constructor(player) {
    this.#player = player;
  }

  toggle() {
    if (this.#player.playing) this.#player.pause();
    else this.#player.play();
  }

  goTo(frame) {
    const player = this.#player;
    if (player.state !== "ready") return;
    player.seek(Math.min(Math.max(frame, 0), player.frames - 1));
    player.announce("seek", { frame: player.frame, seconds: player.frame / player.fps });
  }

  step(frames) {
    this.#player.pause();
    this.goTo(this.#player.frame + frames);
  }

  skip(seconds) {
    this.goTo(this.#player.frame + framesIn(seconds, this.#player.fps));
  }

  /** While the scrub bar is held, playback rests. */
  beginScrub() {
    this.#resume = this.#player.playing;
    this.#player.pause();
  }

  endScrub() {
    if (this.#resume) this.#player.play();
    this.#resume = false;
  }

  /** end: "start" or "end" of what repeats is here; null: nothing is marked any more. */
  markRegion(end) {
    const player = this.#player;
    if (player.state !== "ready") return; // frames are those of the clip before
    if (end === null) {
      player.region = null;
    } else {
      player.region = regionMarked(player.region, end, player.frame, player.frames);
      player.loop = true;
    }
    this.#changed();
  }

  toggleLoop() {
    this.set("loop", !this.#player.loop);
    if (this.#player.loop) this.#player.autoplayNext = false;
  }

  toggleAutoplayNext() {
    this.set("autoplayNext", !this.#player.autoplayNext);
    if (this.#player.autoplayNext) this.#player.loop = false;
  }

  changeSpeed(direction) {
    this.setSpeed(nextSpeed(this.#player.speed, direction));
  }

  setSpeed(speed) {
    this.set("speed", speed);
  }

  changeVolume(by) {
    this.setVolume(Math.round((this.#player.volume + by) * 20) / 20);
  }

  setVolume(volume) {
    this.#player.muted = false;
    this.set("volume", Math.min(Math.max(volume, 0), 1));
    this.#remember();
  }

  toggleMute() {
    this.set("muted", !this.#player.muted);
    this.#remember();
  }

  /** Ask the page for the "next" or "previous" clip. */
  ask(which) {
    this.#player.announce(which, { byUser: true });
  }

  /** Ask the page for the finding after (1) or before (-1) the frame that is shown. */
  finding(direction) {
    this.#player.announce("findingstep", { direction });
  }

  setLook(name) {
    this.set("look", name);
  }

  setCamera(name) {
    this.set("camera", name);
  }

  preset(index) {
    const name = this.#player.cameras[index];
    if (name) this.setCamera(name);
  }

  resetCamera() {
    this.#player.resetCamera();
    this.#changed();
  }

  /** Move the camera by degrees, pixels or a factor. */
  moveCamera({ azimuth = 0, elevation = 0, x = 0, y = 0, zoom = 1 }) {
    const { view, metresPerPixel } = this.#player;
    if (!view) return;
    this.set("view", {
      azimuth: view.azimuth + azimuth,
      elevation: view.elevation + elevation,
      zoom: view.zoom * zoom,
      panX: view.panX + x * metresPerPixel,
      panY: view.panY - y * metresPerPixel,
    });
  }

  setLayers(layers) {
    this.set("layers", layers);
  }

  toggleWireframe() {
    this.set("wireframe", !this.#player.wireframe);
  }

  toggleHeadLocked() {
    this.set("headLocked", !this.#player.headLocked);
  }

  /** Show the next track, where tracks take turns. */
  flip() {
    this.#player.flip();
  }

  toggleCaptions() {
    this.set("captions", !this.#player.captions);
  }

  togglePanel() {
    this.#player.panelOpen = !this.#player.panelOpen;
  }

  /** Show the keys, unless the page shows them itself. */
  toggleHelp() {
    if (this.#player.announce("help")) this.#player.helpOpen = !this.#player.helpOpen;
  }

  toggleFullscreen() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.#player.requestFullscreen();
  }

  /** Hand the picture to the browser as a download. */
  async save() {
    const { state, stem, frame, notes } = this.#player;
    if (state === "ready") await savePicture(await this.#player.picture(), stem, frame, notes);
  }

  /** Change a property because the user asked for it. */
  set(name, value) {
    this.#player[name] = value;
    this.#changed();
  }

  /** Volume as it was left, in this browser. */
  recall() {
    const { volume, muted } = recall(MEMORY, {});
    if (Number.isFinite(volume)) this.#player.volume = volume;
    this.#player.muted = muted === true;
  }

  #remember() {
    const { volume, muted } = this.#player;
    remember(MEMORY, { volume, muted });
  }

  #changed() {
    this.#player.announce("settings", this.#player.settings);
  }
}
