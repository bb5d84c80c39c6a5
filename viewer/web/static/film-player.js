// A <video> that tells which frame is on the screen, and steps by whole frames.

import { frameAt, frameMiddle, frameStart } from "./player/clock.js";

/** Events: "frame" another frame is shown, "state" the film, playing, volume or speed changed, "broken" cannot be played. */
export class FilmPlayer extends EventTarget {
  frame = 0;
  fps = 25;
  frames = 0; // 0 while no clip is open
  #target = null; // frame the user asked for, until it is there; what is played meanwhile is not reported

  constructor(video) {
    super();
    this.video = video;
    for (const type of ["play", "pause", "ended", "volumechange", "ratechange"]) {
      video.addEventListener(type, () => this.#tellState());
    }
    video.addEventListener("error", () => {
      if (this.hasFilm) this.dispatchEvent(new Event("broken"));
    });
    video.addEventListener("seeked", () => {
      if (!video.seeking) this.#target = null;
    });
    if ("requestVideoFrameCallback" in video) {
      const shown = (_, { mediaTime }) => {
        this.#report(Math.round(mediaTime * this.fps)); // mediaTime is when the frame begins
        video.requestVideoFrameCallback(shown);
      };
      video.requestVideoFrameCallback(shown);
    } else {
      video.addEventListener("timeupdate", () => this.#report(frameAt(video.currentTime, this.fps, this.frames)));
    }
  }

  get seconds() {
    return frameStart(this.frame, this.fps);
  }

  get hasFilm() {
    return this.video.hasAttribute("src");
  }

  /** Length of the clip whose film is to come; no frames: there is no clip. */
  setClip({ fps, frames }) {
    this.fps = fps;
    this.frames = frames;
    this.#show(this.frame);
  }

  /** Show a film of the clip from `frame` on. */
  async load(url, { frame = 0, play = false }) {
    this.video.src = url;
    this.#target = null;
    this.#tellState();
    this.#show(frame);
    if (frame > 0) this.seek(frame);
    if (play) await this.play();
  }

  unload() {
    this.video.pause();
    this.video.removeAttribute("src");
    this.video.load();
    this.#target = null;
    this.#tellState();
    this.#show(0);
  }

  /** Play; stays paused where the browser demands a click first. */
  async play() {
    if (!this.hasFilm) return;
    try {
      await this.video.play();
    } catch (error) {
      // NotAllowedError: no click yet. AbortError: paused or replaced before it began. Anything else fires "error".
      if (!["NotAllowedError", "AbortError", "NotSupportedError"].includes(error.name)) throw error;
    }
  }

  toggle() {
    if (this.video.paused) this.play();
    else this.video.pause();
  }

  /** Go to a frame because the user asked for it. */
  seek(frame) {
    if (!this.hasFilm) return;
    this.#target = Math.min(Math.max(Math.round(frame), 0), this.frames - 1);
    this.video.currentTime = frameMiddle(this.#target, this.fps);
    this.#show(this.#target);
  }

  /** Pause and move by frames. */
  step(frames) {
    this.video.pause();
    this.seek(this.frame + frames);
  }

  #tellState() {
    this.dispatchEvent(new Event("state"));
  }

  #report(frame) {
    if (this.#target === null) this.#show(frame);
  }

  #show(frame) {
    this.frame = Math.max(Math.min(frame, this.frames - 1), 0);
    this.dispatchEvent(new Event("frame"));
  }
}
