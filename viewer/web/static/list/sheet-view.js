// The clips as a contact sheet: one small picture each, at the widest opening of its mouth.

import { store } from "../store.js";
import { verdictMark } from "../review/marks.js";
import { make } from "../style.js";
import { order } from "./clip-order.js";
import { flagMark, stemText } from "./marks.js";
import { Pictures } from "./pictures.js";
import { VirtualLines } from "./virtual-lines.js";

const LEAST_PX = 118; // of a tile's side
const GAP_PX = 8;
const TEXT_PX = 22; // as in sheet.js

export class SheetView {
  perLine = 1;
  #scroll;
  #space = make("div", { class: "space tiles", role: "presentation" });
  #pictures = new Pictures((key) => this.#show(key));
  #lines;
  #here = 0;

  constructor(scroll) {
    this.#scroll = scroll;
    this.#lines = new VirtualLines({
      scroll,
      space: this.#space,
      make: () => make("div", { class: "tile-line", role: "row" }, ...Array.from({ length: this.perLine }, makeTile)),
      fill: (line, number) => this.#fill(line, number),
      shown: (first, last) => this.#shown(first, last),
      spare: 1,
    });
  }

  /** Take the place in the scrolled element. */
  enter() {
    this.#scroll.replaceChildren(this.#space);
    this.#lines.start();
    this.#scroll.classList.remove("table");
    this.perLine = 0;
    this.layOut();
  }

  /** Something else takes it. */
  leave() {
    this.#lines.stop();
    this.#pictures.want([]);
  }

  /** Files may have changed. */
  forget() {
    this.#pictures.forget();
    if (this.#scroll.contains(this.#space)) this.redraw();
  }

  /** Fit tiles into the width there is, and show every one anew. */
  layOut() {
    const room = this.#scroll.clientWidth - GAP_PX;
    const perLine = Math.max(Math.floor(room / (LEAST_PX + GAP_PX)), 1);
    const side = Math.floor(room / perLine) - GAP_PX;
    if (perLine !== this.perLine) this.#lines.clear();
    const first = this.#lines.view[0] * this.perLine;
    const relaid = perLine !== this.perLine && this.perLine > 0;
    this.perLine = perLine;
    this.#scroll.style.setProperty("--side", `${side}px`);
    this.#scroll.setAttribute("aria-colcount", perLine);
    this.#lines.height = side + TEXT_PX + GAP_PX;
    this.redraw();
    if (relaid) this.reveal(first);
  }

  redraw() {
    this.#lines.count = Math.ceil((order.total ?? 0) / this.perLine);
    this.#scroll.setAttribute("aria-rowcount", this.#lines.count);
    this.#lines.redraw();
  }

  /** Clips have come above those in view: whole lines of them, so that these stay where they are. */
  shift(by) {
    this.#lines.shift(Math.round(by / this.perLine));
  }

  reveal(index) {
    this.#lines.reveal(Math.floor(index / this.perLine));
  }

  toTop() {
    this.#lines.toTop();
  }

  /** Clips that a page key moves by. */
  get page() {
    return Math.max(this.#lines.fitting - 1, 1) * this.perLine;
  }

  /** Mark the tile where the keyboard is. */
  mark(index) {
    this.#tile(this.#here)?.classList.remove("here");
    this.#here = index;
    this.#tile(index)?.classList.add("here");
  }

  #tile(index) {
    return this.#lines.line(Math.floor(index / this.perLine))?.children[index % this.perLine];
  }

  #fill(line, number) {
    line.setAttribute("aria-rowindex", number + 1);
    for (let place = 0; place < this.perLine; place += 1) {
      const index = number * this.perLine + place;
      this.#fillTile(line.children[place], index, order.row(index));
    }
  }

  #fillTile(tile, index, row) {
    tile.hidden = index >= (order.total ?? 0);
    tile.id = `row-${index}`;
    tile.dataset.index = index;
    tile.classList.toggle("here", index === this.#here);
    tile.classList.toggle("waiting", row === undefined);
    tile.setAttribute("aria-selected", String(row !== undefined && row.stem === store.clip));
    const [frame, text] = tile.children;
    const [stem, seconds] = text.children;
    stem.replaceChildren(...(row ? stemText(row.stem) : ["…"]));
    seconds.textContent = typeof row?.seconds === "number" ? `${row.seconds.toFixed(1)} s` : "";
    tile.title = row ? [row.stem, row.text].filter(Boolean).join("\n") : "";
    const [image, mark] = frame.children;
    mark.replaceChildren(...[row && verdictMark(row.stem), row && flagMark(row.flags)].filter(Boolean));
    this.#fillPicture(tile, image, row);
  }

  #fillPicture(tile, image, row) {
    const key = row && pictureOf(row).key;
    const found = row && (row.playable === false ? { problem: whyNot(row) } : this.#pictures.get(key));
    tile.dataset.key = key ?? "";
    tile.classList.toggle("broken", Boolean(found?.problem));
    tile.firstElementChild.title = found?.problem ?? "";
    if (found?.url) image.src = found.url;
    else image.removeAttribute("src");
    image.hidden = !found?.url;
  }

  #show(key) {
    for (const tile of this.#space.querySelectorAll(".tile")) {
      if (tile.dataset.key !== key) continue;
      const row = order.row(Number(tile.dataset.index));
      if (row && pictureOf(row).key === key) this.#fillPicture(tile, tile.firstElementChild.firstElementChild, row);
    }
  }

  #shown(first, last) {
    const [from, to] = [first * this.perLine, Math.min(last * this.perLine, order.total ?? 0)];
    order.want(from, to);
    const pictures = [];
    for (let index = from; index < to; index += 1) {
      const row = order.row(index);
      if (row && row.playable !== false) pictures.push(pictureOf(row));
    }
    this.#pictures.want(pictures);
  }
}

function pictureOf(row) {
  const parameters = { clip: row.stem, look: store.view.look };
  return { key: JSON.stringify(parameters), parameters };
}

function whyNot(row) {
  return row.flags.map(({ message }) => message).join("\n") || "This clip has no motion.";
}

function makeTile() {
  const image = make("img", { alt: "", hidden: true, draggable: "false" });
  return make("div", { class: "tile", role: "gridcell" },
    make("div", { class: "picture" }, image, make("span", { class: "corner" })),
    make("div", { class: "caption" }, make("span", { class: "stem" }), make("span", { class: "seconds" })));
}
