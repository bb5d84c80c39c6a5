// The clock of a clip with sound: an audio element's, and a Timer's where the picture is shown before or after it.

import { Timer } from "./timer.js";

/**
 * The part of an audio element's interface that playback needs, with a stretch of silence at either end: `currentTime`
 * runs from −before to duration + after, and the sound is heard from 0 to duration.
 * Fires "ended", "state" (it plays, waits, or no longer does), "refused" {detail: error} where the browser does not let
 * the sound begin after the silence, and "lost" where the sound cannot be loaded.
 */
export class SoundClock extends EventTarget {
  duration = 0;
  #audio = new Audio();
  #silence = new Timer();
  #part = 0; // −1: the silence before the sound, 0: the sound, 1: the silence after it
  #before = 0;
  #after = 0;
  #running = false; // as it is wanted: an audio element that has ended is paused, and says so only later

  constructor() {
    super();
    const audio = this.#audio;
    audio.preload = "auto";
    audio.preservesPitch = true;
    audio.addEventListener("play", () => (this.#running = true));
    audio.addEventListener("pause", () => {
      if (this.#part !== 0 || audio.ended) return; // it rests while the silence runs; "ended" follows
      this.#running = false; // by a key of the keyboard or the headphones, perhaps
      this.#tell("state");
    });
    audio.addEventListener("ended", () => {
      if (this.#part !== 0 || !this.#ending) return; // it was paused or sought meanwhile
      if (this.#after > 0) this.#enter(1);
      else this.#end();
    });
    audio.addEventListener("error", () => audio.hasAttribute("src") && this.#tell("lost"));
    for (const type of ["play", "waiting", "playing"]) audio.addEventListener(type, () => this.#tell("state"));
    this.#silence.addEventListener("ended", () => {
      if (this.#part > 0) this.#end();
      else this.#begin();
    });
  }

  /** Take a sound, at its beginning. */
  load(url, seconds) {
    this.unload();
    this.duration = seconds;
    const { playbackRate } = this;
    this.#audio.src = url; // which resets the rate
    this.playbackRate = playbackRate;
  }

  unload() {
    this.pause();
    this.#part = 0;
    if (!this.#audio.hasAttribute("src")) return;
    this.#audio.removeAttribute("src");
    this.#audio.load(); // lets go of the old sound
  }

  /** Seconds of silence before and after the sound. */
  setSilence(before, after) {
    const { currentTime } = this;
    this.#before = before;
    this.#after = after;
    if (this.#part !== 0) this.currentTime = currentTime;
  }

  get currentTime() {
    if (this.#part < 0) return this.#silence.currentTime - this.#before;
    return this.#part > 0 ? this.duration + this.#silence.currentTime : this.#audio.currentTime;
  }

  set currentTime(seconds) {
    const running = !this.paused;
    const time = Math.min(Math.max(seconds, -this.#before), this.duration + this.#after);
    const over = time >= this.duration && (this.#after > 0 || this.#part > 0);
    const part = time < 0 ? -1 : Number(over);
    if (part !== this.#part) this.#rest();
    this.#part = part;
    if (part !== 0) this.#setSilence(part < 0 ? time + this.#before : time - this.duration);
    this.#audio.currentTime = Math.min(Math.max(time, 0), this.duration);
    if (running && this.paused) this.play().catch((error) => this.#refuse(error));
  }

  get paused() {
    if (this.#part !== 0) return this.#silence.paused;
    return this.#audio.paused && !this.#ending;
  }

  /** Whether it waits for data. */
  get waiting() {
    return this.#part === 0 && !this.paused && this.#audio.readyState < 3;
  }

  get playbackRate() {
    return this.#silence.playbackRate;
  }

  set playbackRate(rate) {
    this.#audio.defaultPlaybackRate = this.#audio.playbackRate = this.#silence.playbackRate = rate;
  }

  get volume() {
    return this.#audio.volume;
  }

  set volume(volume) {
    this.#audio.volume = volume;
  }

  get muted() {
    return this.#audio.muted;
  }

  set muted(on) {
    this.#audio.muted = on;
  }

  /** Start; rejects where the browser refuses, as an audio element does. */
  async play() {
    this.#running = true;
    await (this.#part === 0 ? this.#audio : this.#silence).play();
  }

  pause() {
    this.#running = false;
    this.#rest();
  }

  #rest() {
    this.#audio.pause();
    this.#silence.pause();
  }

  /** Whether the sound is over, and what follows is still to be done. */
  get #ending() {
    return this.#running && this.#audio.ended;
  }

  #setSilence(seconds) {
    this.#silence.duration = this.#part < 0 ? this.#before : this.#after;
    this.#silence.currentTime = seconds;
  }

  /** Go on in silence. */
  #enter(part) {
    this.#part = part;
    this.#setSilence(0);
    this.#silence.play();
  }

  /** Go on with the sound. */
  #begin() {
    this.#part = 0;
    this.#audio.currentTime = 0;
    this.#audio.play().catch((error) => this.#refuse(error));
  }

  #end() {
    this.#running = false;
    this.#tell("ended");
  }

  #refuse(error) {
    this.dispatchEvent(new CustomEvent("refused", { detail: error }));
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}
