// Playback of one clip: which frame is shown when. The sound's own clock is the master; clips without sound use a Timer.
// The picture's time is the clock's less the sound's offset, so the clock begins before the sound or ends after it.
//
// While playing, the frame is read from the clock; while paused, it is the frame that was asked for. Nothing that
// reports a frame ever seeks, so nothing chases its own tail.

import { duration, frameAt, frameMiddle, frameStart } from "./clock.js";
import { SoundClock } from "./sound-clock.js";
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
  #sound = new SoundClock();
  #timer = new Timer();
  #span = null; // {last, rest}: what `playSpan` plays
  #media = this.#timer;
  #speed = 1;
  #offset = 0; // seconds
  #loop = false;
  /** @type {Region | null} */
  #region = null;

  constructor() {
    super();
    for (const media of [this.#sound, this.#timer]) {
      media.addEventListener("ended", () => media === this.#media && this.#end());
    }
    this.#sound.addEventListener("state", () => this.#tell("state"));
    this.#sound.addEventListener("lost", () => this.#loseSound());
    this.#sound.addEventListener("refused", ({ detail }) => {
      this.#explain(detail);
      this.#tell("state");
    });
  }

  /** Hold a clip at a frame. sound: URL of its wav, or null. */
  load({ frames, fps, sound, frame = 0 }) {
    this.#letGo();
    this.frames = frames;
    this.fps = fps;
    this.#timer.duration = duration(frames, fps);
    this.#media = sound === null ? this.#timer : this.#sound;
    if (sound !== null) this.#sound.load(sound, duration(frames, fps));
    this.frame = -1; // of the former clip
    this.seek(frame);
    this.#tell("state");
  }

  unload() {
    this.#letGo();
    this.frames = 1;
    this.#show(0);
  }

  #letGo() {
    this.#timer.pause();
    this.#timer.currentTime = 0;
    this.#sound.unload();
    this.#media = this.#timer;
    this.#region = null;
  }

  get playing() {
    return !this.#media.paused;
  }

  /** Whether the clock waits for data. */
  get waiting() {
    return this.hasSound && this.#sound.waiting;
  }

  get hasSound() {
    return this.#media === this.#sound;
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
  play() {
    this.#span = null;
    if (!this.playing) this.#rewind();
    return this.#start();
  }

  /** Play frames once, whatever repeats, then rest at frame `rest`. Seeking, pausing and playing put an end to that. */
  playSpan(first, last, rest) {
    this.seek(first);
    this.#span = { last: Math.min(last, this.frames - 1), rest };
    return this.#start();
  }

  async #start() {
    try {
      await this.#media.play();
    } catch (error) {
      this.#explain(error);
    }
    this.#tell("state");
  }

  /** Go to where playing begins, if that is not where it rests. */
  #rewind() {
    const { start, end } = this.range;
    if (this.frame >= this.frames - 1 || (this.#loop && this.frame > end)) this.seek(this.#loop ? start : 0);
    if (this.frame === 0) this.#media.currentTime = Math.min(this.#delay, 0); // all of the sound, and all of the picture
  }

  /** Tell why the sound did not begin, where nothing else does. */
  #explain(error) {
    if (error.name === "NotAllowedError") this.#tell("blocked");
    // AbortError: paused or replaced before it began. NotSupportedError: the "lost" event has said so.
    else if (!["AbortError", "NotSupportedError"].includes(error.name)) throw error;
  }

  pause() {
    const { playing } = this;
    this.#media.pause();
    if (playing) this.#look(); // only now: the sound goes on until it is told
    this.#span = null;
    this.#tell("state");
  }

  /** Go to a frame, held at the ends. */
  seek(frame) {
    const target = Math.min(Math.max(Math.round(frame), 0), this.frames - 1);
    this.#span = null;
    this.#media.currentTime = frameMiddle(target, this.fps) + this.#delay;
    this.#show(target);
  }

  /** Pause and move by frames. */
  step(frames) {
    this.pause();
    this.seek(this.frame + frames);
  }

  /** Read the clock: call it once per picture that the browser draws. */
  tick() {
    if (this.playing) this.#look();
  }

  #look() {
    const { start, end } = this.range;
    let seconds = this.seconds;
    if (this.#span && seconds >= frameStart(this.#span.last + 1, this.fps)) {
      this.#comeToRest();
      return;
    }
    const leaving = this.#span === null && this.frame <= end && seconds >= frameStart(end + 1, this.fps);
    if (this.#loop && this.#region && leaving) {
      this.#media.currentTime = frameStart(start, this.fps) + this.#delay;
      seconds = frameStart(start, this.fps);
    }
    this.#show(frameAt(seconds, this.fps, this.frames));
  }

  #comeToRest() {
    const { rest } = this.#span;
    this.#media.pause();
    this.seek(rest);
    this.#tell("state");
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
    this.#sound.playbackRate = this.#timer.playbackRate = this.#speed;
    this.#tell("state");
  }

  /** Milliseconds by which the sound is heard late, as over Bluetooth: the picture waits for it. */
  get soundOffset() {
    return Math.round(this.#offset * 1000);
  }

  set soundOffset(milliseconds) {
    this.#offset = Math.min(Math.max(Number(milliseconds) || 0, -MAX_OFFSET_MS), MAX_OFFSET_MS) / 1000;
    this.#sound.setSilence(Math.max(-this.#offset, 0), Math.max(this.#offset, 0));
    if (!this.playing) this.seek(this.frame);
    this.#tell("state");
  }

  get volume() {
    return this.#sound.volume;
  }

  set volume(volume) {
    this.#sound.volume = Math.min(Math.max(Number(volume), 0), 1);
    this.#tell("state");
  }

  get muted() {
    return this.#sound.muted;
  }

  set muted(on) {
    this.#sound.muted = Boolean(on);
    this.#tell("state");
  }

  #end() {
    if (this.#span) {
      this.#comeToRest();
      return;
    }
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
    if (!this.hasSound) return;
    const wasPlaying = this.playing;
    this.#sound.pause();
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
