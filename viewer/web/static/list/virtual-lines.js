// A scrolled column of lines of one height, of which only those in view are in the document. Elements are used again as
// lines come and go, so that scrolling makes no garbage.
//
// Browsers cannot draw an element higher than some 18 million pixels (Firefox) or 33 million (Chromium). A longer column
// is drawn on a space of that height: far jumps, such as with the scroll bar, are in proportion, near ones, such as with
// the wheel, pixel by pixel; once scrolling rests, the scroll bar is put where it belongs.

const MOST_PX = 15_000_000;
const REST_MS = 150; // where the browser does not tell that scrolling rests; a busy one may scroll more slowly than that

export class VirtualLines {
  count = 0;
  /** Pixels of a line. */
  height = 1;
  /** Pixels that a heading covers at the top of the scrolled element. */
  heading = 0;
  #scroll;
  #space;
  #make;
  #fill;
  #shown;
  #lines = new Map(); // line number -> element in the document
  #spare = [];
  #beyond;
  #top = 0; // how far the column is scrolled, in its own pixels
  #physical = 0; // and what the scrolled element has been told of it
  #late = 0;

  /**
   * scroll: the element that scrolls; space: the one in it that takes the lines. make(): an element for a line;
   * fill(element, number): show a line in it; shown(first, last): the lines that are drawn, last not included; these
   * are those in view and `spare` above and below.
   */
  constructor({ scroll, space, make, fill, shown, spare }) {
    this.#beyond = spare;
    this.#scroll = scroll;
    this.#space = space;
    this.#make = make;
    this.#fill = fill;
    this.#shown = shown;
  }

  /** Follow the scrolled element from now on; it shows this column. */
  start() {
    this.#physical = this.#scroll.scrollTop;
    this.#scroll.addEventListener("scroll", this.#onScroll, { passive: true });
    this.#scroll.addEventListener("scrollend", this.#rest);
  }

  /** It shows something else. */
  stop() {
    clearTimeout(this.#late);
    this.#scroll.removeEventListener("scroll", this.#onScroll);
    this.#scroll.removeEventListener("scrollend", this.#rest);
  }

  /** Line numbers in view, the last not included. */
  get view() {
    const first = Math.floor(this.#top / this.height);
    return [first, Math.min(Math.ceil((this.#top + this.#viewHeight) / this.height), this.count)];
  }

  /** Lines that fit. */
  get fitting() {
    return Math.max(Math.floor(this.#viewHeight / this.height), 1);
  }

  /** Show every line anew: what they hold, how many or how high they are has changed. */
  redraw() {
    this.#followScroll();
    this.#space.style.height = `${this.#physicalHeight}px`;
    this.#goTo(this.#top, { refill: true });
  }

  /** Lines have come or gone above those in view, which stay where they are. */
  shift(by) {
    this.#followScroll();
    this.#top += by * this.height;
  }

  /** Scroll as little as needed to have a line in view; where it is far away, into the middle. */
  reveal(number) {
    const top = number * this.height;
    const room = this.#viewHeight - this.height;
    if (top < this.#top - this.height || top > this.#top + this.#viewHeight) this.#goTo(top - room / 2);
    else if (top < this.#top) this.#goTo(top);
    else if (top > this.#top + room) this.#goTo(top - room);
  }

  toTop() {
    this.#goTo(0);
  }

  /** Forget the elements: lines are made of something else from now on. */
  clear() {
    this.#lines.clear();
    this.#spare = [];
    this.#space.replaceChildren();
  }

  /** The element of a line, while it is in the document. */
  line(number) {
    return this.#lines.get(number);
  }

  get #viewHeight() {
    return Math.max(this.#scroll.clientHeight - this.heading, 0);
  }

  get #physicalHeight() {
    return Math.min(this.count * this.height, MOST_PX);
  }

  get #furthest() {
    return Math.max(this.count * this.height - this.#viewHeight, 0);
  }

  get #furthestPhysical() {
    return Math.max(this.#physicalHeight - this.#viewHeight, 0);
  }

  get #compressed() {
    return this.count * this.height > MOST_PX;
  }

  /** Take over where the scrolled element is, whose event comes later than that. Whether it had moved. */
  #followScroll() {
    const now = this.#scroll.scrollTop;
    const moved = now - this.#physical;
    if (moved === 0 || this.#viewHeight === 0) return false;
    this.#physical = now;
    if (!this.#compressed || Math.abs(moved) <= this.#viewHeight) this.#top = this.#within(this.#top + moved);
    else this.#top = (now / this.#furthestPhysical) * this.#furthest;
    return true;
  }

  #onScroll = () => {
    if (!this.#followScroll()) return;
    this.#draw({});
    if (!this.#compressed || "onscrollend" in window) return;
    clearTimeout(this.#late);
    this.#late = setTimeout(this.#rest, REST_MS);
  };

  #rest = () => {
    if (this.#compressed) this.#goTo(this.#top);
  };

  #goTo(top, { refill = false } = {}) {
    clearTimeout(this.#late);
    this.#top = this.#within(top);
    const physical = this.#compressed ? (this.#top / this.#furthest) * this.#furthestPhysical : this.#top;
    if (Math.abs(physical - this.#scroll.scrollTop) >= 1) this.#scroll.scrollTop = physical;
    this.#physical = this.#scroll.scrollTop;
    if (!this.#compressed) this.#top = this.#physical; // which is rounded
    this.#draw({ refill });
  }

  #within(top) {
    return Math.min(Math.max(top, 0), this.#furthest);
  }

  #draw({ refill = false }) {
    if (this.#viewHeight === 0) return;
    const [first, last] = this.view;
    const [from, to] = [Math.max(first - this.#beyond, 0), Math.min(last + this.#beyond, this.count)];
    for (const [number, element] of this.#lines) {
      if (number >= from && number < to) continue;
      this.#lines.delete(number);
      this.#spare.push(element);
    }
    const shift = Math.round(this.#physical - this.#top);
    for (let number = from; number < to; number += 1) {
      let element = this.#lines.get(number);
      if (!element || refill) {
        element ??= this.#spare.pop() ?? this.#make();
        if (!element.isConnected) this.#space.append(element);
        this.#lines.set(number, element);
        this.#fill(element, number);
      }
      element.style.transform = `translateY(${number * this.height + shift}px)`;
    }
    for (const element of this.#spare) element.remove();
    this.#shown(from, to);
  }
}
