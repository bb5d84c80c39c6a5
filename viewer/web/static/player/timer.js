// A clock for clips without sound, and for silence: the part of an audio element's interface that playback needs.

/** Runs from `currentTime` at `playbackRate`, to `duration`, where it fires "ended". */
export class Timer extends EventTarget {
  paused = true;
  ended = false;
  duration = 0;
  #base = 0;
  #since = 0;
  #rate = 1;
  #alarm = 0;

  get currentTime() {
    const run = this.paused ? 0 : ((performance.now() - this.#since) / 1000) * this.#rate;
    return Math.min(this.#base + run, this.duration);
  }

  set currentTime(seconds) {
    this.#base = Math.min(Math.max(seconds, 0), this.duration);
    this.ended = false;
    this.#restart();
  }

  get playbackRate() {
    return this.#rate;
  }

  set playbackRate(rate) {
    this.#base = this.currentTime;
    this.#rate = rate;
    this.#restart();
  }

  async play() {
    if (!this.paused) return;
    if (this.ended) this.#base = 0;
    this.ended = this.paused = false;
    this.#restart();
  }

  pause() {
    this.#base = this.currentTime;
    this.paused = true;
    clearTimeout(this.#alarm);
  }

  #restart() {
    this.#since = performance.now();
    clearTimeout(this.#alarm);
    if (!this.paused) this.#alarm = setTimeout(() => this.#end(), ((this.duration - this.#base) / this.#rate) * 1000);
  }

  #end() {
    this.#base = this.duration;
    this.ended = this.paused = true;
    this.dispatchEvent(new Event("ended"));
  }
}
