// Playback of one clip: which frame is shown when. The sound's own clock is the master; clips without sound use a Timer.
//
// While playing, the frame is read from the clock; while paused, it is the frame that was asked for. Nothing that
// reports a frame ever seeks, so nothing chases its own tail.

import { duration, frameAt, frameMiddle, frameStart } from "./clock.js";
import { Timer } from "./timer.js";

export const MIN_SPEED = 0.1;
export const MAX_SPEED = 2;
export const MAX_OFFSET_MS = 200;

/** @typedef {{start: number, end: number}} Region  frames, both included */

/**
 * Events: "frame" another frame is shown, "state" anything else changed, "ended" the end was reached and nothing
 * repeats, "blocked" the browser demands a click before it plays sound, "silent" the sound could not be loaded.
 */
export class Playback extends EventTarget {
  frames = 1;
  fps = 25;
  frame = 0;
  #audio = new Audio();
  #timer = new Timer();
  #media = this.#timer;
  #speed = 1;
  #offset = 0; // seconds
  #loop = false;
  /** @type {Region | null} */
  #region = null;
  #held = false;

  constructor() {
    super();
    this.#audio.preload = "auto";
    this.#audio.preservesPitch = true;
    for (const media of [this.#audio, this.#timer]) {
      media.addEventListener("ended", () => media === this.#media && this.#end());
    }
    this.#audio.addEventListener("error", () => this.#audio.hasAttribute("src") && this.#loseSound());
    for (const type of ["play", "pause", "waiting", "playing"]) {
      this.#audio.addEventListener(type, () => this.#tell("state"));
    }
  }

  /** Hold a clip at a frame. sound: URL of its wav, or null. */
  load({ frames, fps, sound, frame = 0 }) {
    this.#letGo();
    this.#held = false;
    this.frames = frames;
    this.fps = fps;
    this.#timer.duration = duration(frames, fps);
    this.#media = sound === null ? this.#timer : this.#audio;
    if (sound !== null) {
      this.#audio.src = sound;
      this.#applySpeed(); // a new source resets it
    }
    this.frame = -1; // of the former clip
    this.seek(frame);
    this.#tell("state");
  }

  /** Pause until another clip is loaded: an end that the sound has reached by now, but not told yet, has no effect. */
  hold() {
    this.pause();
    this.#held = true;
  }

  unload() {
    this.#letGo();
    this.frames = 1;
    this.#show(0);
  }

  #letGo() {
    this.#timer.pause();
    this.#timer.currentTime = 0;
    this.#audio.pause();
    if (this.#audio.hasAttribute("src")) {
      this.#audio.removeAttribute("src");
      this.#audio.load(); // lets go of the old sound
    }
    this.#media = this.#timer;
    this.#region = null;
  }

  get playing() {
    return !this.#media.paused;
  }

  /** Whether the clock waits for data. */
  get waiting() {
    return this.playing && this.#media === this.#audio && this.#audio.readyState < 3;
  }

  get hasSound() {
    return this.#media === this.#audio;
  }

  /** What the clock says, in seconds of the clip. */
  get seconds() {
    return this.#media.currentTime - this.#delay;
  }

  /** Seconds by which the picture waits for the sound. */
  get #delay() {
    return this.hasSound ? this.#offset : 0;
  }

  /** Start; resolves when it has, or when the browser refused (event "blocked"). */
  async play() {
    const { start, end } = this.range;
    if (this.frame >= this.frames - 1 || (this.#loop && this.frame > end)) this.seek(this.#loop ? start : 0);
    const media = this.#media;
    try {
      await media.play();
    } catch (error) {
      if (error.name === "NotAllowedError") this.#tell("blocked");
      // AbortError: paused or replaced before it began. NotSupportedError: the "error" event has said so.
      else if (!["AbortError", "NotSupportedError"].includes(error.name)) throw error;
    }
    this.#tell("state");
  }

  pause() {
    if (this.playing) this.tick();
    this.#media.pause();
    this.#tell("state");
  }

  /** Go to a frame, held at the ends. */
  seek(frame) {
    const target = Math.min(Math.max(Math.round(frame), 0), this.frames - 1);
    this.#media.currentTime = Math.max(frameMiddle(target, this.fps) + this.#delay, 0);
    this.#show(target);
  }

  /** Pause and move by frames. */
  step(frames) {
    this.pause();
    this.seek(this.frame + frames);
  }

  /** Read the clock: call it once per picture that the browser draws. Returns the frame to show. */
  tick() {
    if (this.#media.paused) return this.frame;
    const { start, end } = this.range;
    let seconds = this.seconds;
    const leaving = this.frame <= end && seconds >= frameStart(end + 1, this.fps);
    if (this.#loop && this.#region && leaving) {
      this.#media.currentTime = Math.max(frameStart(start, this.fps) + this.#delay, 0);
      seconds = frameStart(start, this.fps);
    }
    this.#show(frameAt(seconds, this.fps, this.frames));
    return this.frame;
  }

  /** First and last frame of what repeats: the region, or the whole clip. @returns {Region} */
  get range() {
    return this.#region ?? { start: 0, end: this.frames - 1 };
  }

  get region() {
    return this.#region;
  }

  set region(region) {
    if (region === null) this.#region = null;
    else {
      const held = [region.start, region.end].map((frame) => Math.min(Math.max(Math.round(frame), 0), this.frames - 1));
      this.#region = { start: Math.min(...held), end: Math.max(...held) };
    }
    this.#tell("state");
  }

  get loop() {
    return this.#loop;
  }

  set loop(on) {
    this.#loop = Boolean(on);
    this.#tell("state");
  }

  get speed() {
    return this.#speed;
  }

  set speed(speed) {
    this.#speed = Math.min(Math.max(Number(speed) || 1, MIN_SPEED), MAX_SPEED);
    this.#applySpeed();
    this.#tell("state");
  }

  /** Milliseconds by which the sound is heard late, as over Bluetooth: the picture waits for it. */
  get soundOffset() {
    return Math.round(this.#offset * 1000);
  }

  set soundOffset(milliseconds) {
    this.#offset = Math.min(Math.max(Number(milliseconds) || 0, -MAX_OFFSET_MS), MAX_OFFSET_MS) / 1000;
    if (!this.playing) this.seek(this.frame);
    this.#tell("state");
  }

  get volume() {
    return this.#audio.volume;
  }

  set volume(volume) {
    this.#audio.volume = Math.min(Math.max(Number(volume), 0), 1);
    this.#tell("state");
  }

  get muted() {
    return this.#audio.muted;
  }

  set muted(on) {
    this.#audio.muted = Boolean(on);
    this.#tell("state");
  }

  #applySpeed() {
    this.#audio.defaultPlaybackRate = this.#audio.playbackRate = this.#timer.playbackRate = this.#speed;
  }

  #end() {
    if (this.#held) return;
    if (this.#loop) {
      this.seek(this.range.start);
      this.play();
      return;
    }
    this.#show(this.frames - 1);
    this.#tell("state");
    this.#tell("ended");
  }

  /** Go on without sound, from where it was. */
  #loseSound() {
    if (this.#media !== this.#audio) return;
    const wasPlaying = this.playing;
    this.#audio.pause();
    this.#media = this.#timer;
    this.#timer.currentTime = frameMiddle(this.frame, this.fps);
    if (wasPlaying) this.#timer.play();
    this.#tell("silent");
    this.#tell("state");
  }

  #show(frame) {
    if (frame === this.frame) return;
    this.frame = frame;
    this.#tell("frame");
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}
