// Turns that come by themselves, unless the user wants no motion that nobody asked for.

const still = matchMedia("(prefers-reduced-motion: reduce)");

export class Flicker {
  #turn;
  #rate = 0;
  #timer = 0;

  /** @param {() => void} turn */
  constructor(turn) {
    this.#turn = turn;
  }

  /** Turns a second; 0: none. */
  set rate(rate) {
    if (rate === this.#rate) return;
    this.#rate = rate;
    clearInterval(this.#timer);
    if (rate > 0) this.#timer = setInterval(() => !document.hidden && !still.matches && this.#turn(), 1000 / rate);
  }
}
