// Which stretch of time is shown. Pure arithmetic, so that zoom and pan can be reasoned about.

const LEAST_SECONDS = 0.1;

export class TimeView {
  /** Seconds at the left and right edge. */
  start = 0;
  end = 1;
  #duration = 1;

  /** Show all of a clip. @param {number} duration  seconds */
  reset(duration = this.#duration) {
    this.#duration = duration;
    this.start = 0;
    this.end = duration;
  }

  get duration() {
    return this.#duration;
  }

  get span() {
    return this.end - this.start;
  }

  /** Whether the whole clip is shown. */
  get whole() {
    return this.span >= this.#duration;
  }

  /** Show a stretch, as far as the clip has it. */
  show(start, end) {
    const span = Math.min(Math.max(end - start, Math.min(LEAST_SECONDS, this.#duration)), this.#duration);
    this.start = Math.min(Math.max(start, 0), this.#duration - span);
    this.end = this.start + span;
  }

  /**
   * Zoom so that `time` stays where it is on the screen, unless an end of the clip comes into view.
   * @param {number} factor  above 1: closer
   */
  zoom(factor, time) {
    const share = (time - this.start) / this.span;
    const span = Math.min(Math.max(this.span / factor, LEAST_SECONDS), this.#duration);
    const start = time - share * span;
    this.show(start, start + span);
  }

  /** Move by seconds. */
  pan(seconds) {
    const start = Math.min(Math.max(this.start + seconds, 0), this.#duration - this.span);
    this.show(start, start + this.span);
  }

  /** Turn the page where `time` has just left the view; `before` is where it was. @returns {boolean} whether it moved */
  follow(before, time) {
    const shown = (t) => t >= this.start && t <= this.end;
    if (this.whole || !shown(before) || shown(time)) return false;
    this.show(time - 0.1 * this.span, time + 0.9 * this.span);
    return true;
  }
}
