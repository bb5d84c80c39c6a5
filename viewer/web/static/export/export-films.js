// <export-films>: a button, and a dialog in which the clips of the list become films that are downloaded as one zip.

import { routeURL, RouteError } from "../api.js";
import { order } from "../list/clip-order.js";
import { store } from "../store.js";
import { icon, iconButton, make, shared } from "../style.js";
import { clips, duration, size } from "./amounts.js";
import { exports } from "./exports.js";
import { style } from "./sheet.js";

const OPTIONS = {
  fast: ["Fast", "half the time; edges are not smoothed, files are larger"],
  captions: ["Captions", "the words, drawn into the picture"],
  gallery: ["Gallery", "a page in the zip that plays the films"],
};

class ExportFilms extends HTMLElement {
  #share = make("span", { hidden: true });
  #open = make("button", { type: "button", class: "quiet open" }, icon("download"), this.#share);
  #last = {
    title: make("h3"),
    what: make("p"),
    view: make("p", { class: "view" }),
    bar: make("progress", { "aria-label": "Films made" }),
    text: make("p", { class: "text", role: "status" }),
    failures: make("details", {}, make("summary"), make("ul")),
    cancel: make("button", { type: "button" }, "Cancel"),
    resume: make("button", { type: "button" }),
    download: make("a", { class: "main", download: true }),
    remove: make("button", { type: "button" }),
  };
  #next = {
    what: make("p"),
    view: make("p", { class: "view" }),
    boxes: Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, make("input", { type: "checkbox", name })])),
    estimate: make("p", { class: "estimate", role: "status" }),
    room: make("p", { class: "warn", hidden: true }),
    start: make("button", { type: "button", class: "main", disabled: true }, "Export"),
  };
  #lastPart = make("section", {}, this.#last.title, this.#last.what, this.#last.view, this.#last.bar, this.#last.text, this.#last.failures,
    make("div", { class: "buttons" }, this.#last.cancel, this.#last.download, this.#last.resume, this.#last.remove));
  #nextPart = make("section", {}, make("h3", {}, "New export"), this.#next.what, this.#next.view,
    make("div", { class: "options" }, ...Object.entries(OPTIONS).map(([name, [title, what]]) => make("label", {}, this.#next.boxes[name], make("span", {}, title, make("span", { class: "muted" }, ` – ${what}`))))),
    this.#next.estimate, this.#next.room, make("div", { class: "buttons" }, this.#next.start));
  #error = make("p", { class: "error", role: "alert", hidden: true });
  #close = iconButton("close", "Close");
  #dialog = make("dialog", { "aria-label": "Export films" }, make("div", { class: "title" }, make("h2", {}, "Export films"), this.#close), this.#lastPart, this.#nextPart, this.#error);
  #abort = new AbortController(); // of an estimate
  #sure = false; // the films are to be deleted if the button is pressed again

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(this.#open, this.#dialog);
    const { cancel, resume, remove } = this.#last;
    this.#open.addEventListener("click", () => this.#show());
    this.#close.addEventListener("click", () => this.#dialog.close());
    this.#dialog.addEventListener("close", () => this.#dialog.open || this.#abort.abort()); // it may be open again by now
    this.#next.boxes.fast.addEventListener("change", () => this.#estimate());
    this.#next.start.addEventListener("click", () => this.#do(() => exports.start(this.#options), this.#next.start));
    cancel.addEventListener("click", () => this.#do(() => exports.stop()));
    resume.addEventListener("click", () => this.#do(() => exports.resume(), resume));
    remove.addEventListener("click", () => this.#remove());
  }

  connectedCallback() {
    exports.addEventListener("run", this.#onRun);
    store.addEventListener("query", this.#onQuery);
    this.#onRun();
  }

  disconnectedCallback() {
    exports.removeEventListener("run", this.#onRun);
    store.removeEventListener("query", this.#onQuery);
  }

  get #options() {
    return Object.fromEntries(Object.entries(this.#next.boxes).map(([name, box]) => [name, box.checked]));
  }

  #show() {
    this.#sure = false;
    this.#say(null);
    this.#onRun();
    this.#dialog.showModal();
    if (!exports.running) this.#estimate();
  }

  /** button: pressed again, it does nothing until this is done. */
  async #do(act, button = null) {
    if (button) button.disabled = true;
    this.#say(null);
    try {
      await act();
    } catch (error) {
      if (!(error instanceof RouteError)) throw error;
      this.#say(error.message);
    } finally {
      if (button) button.disabled = false;
    }
    if (!exports.running) this.#estimate();
  }

  /** The first click asks. */
  #remove() {
    if (this.#sure) this.#do(() => exports.deleteAll());
    this.#sure = !this.#sure;
    this.#onRun();
  }

  async #estimate() {
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    const { what, view, estimate, room, start } = this.#next;
    view.textContent = viewText(store.view);
    estimate.textContent = "Counting…";
    start.disabled = true;
    try {
      const { clips: count, seconds, needs_seconds: needs, bytes, free, complete } = await exports.estimate(this.#options, signal);
      const all = order.all ?? count;
      const some = store.query.filters ? `${clips(count)} of ${all.toLocaleString("en")}, as the list is filtered` : count < all ? `The ${clips(count)} that have motion` : `All ${clips(count)}`;
      what.textContent = count === 0 ? "No clip of the list has motion." : `${some}: ${duration(seconds)}.${complete ? "" : " Others are still being indexed."}`;
      estimate.textContent = count === 0 ? "" : `About ${duration(needs)} and ${size(bytes)}.${exports.run?.kept_bytes ? " What is there already is not made again." : ""}`;
      room.hidden = bytes < free;
      room.textContent = `Only ${size(free)} are free where films are kept.`;
      start.textContent = count === 0 ? "Export" : `Export ${clips(count)}`;
      start.disabled = count === 0;
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      estimate.textContent = "";
      this.#say(error.message);
    }
  }

  #onRun = () => {
    const { run, running } = exports;
    this.#showButton(run, running);
    this.#lastPart.hidden = !run?.order;
    if (running !== this.#nextPart.hidden && this.#dialog.open && !running) this.#estimate();
    this.#nextPart.hidden = running;
    if (!run?.order) return;
    this.#showLast(run, running);
    this.#showFailures(run);
  };

  /** It is another list, as after the back button: what is told must be what is exported. */
  #onQuery = () => {
    if (this.#dialog.open && !exports.running) this.#estimate();
  };

  #showButton(run, running) {
    const share = running && run.total > 0 ? Math.floor((100 * run.done) / run.total) : null;
    this.#share.hidden = share === null;
    this.#share.textContent = `${share}%`;
    const label = running ? "Films are being exported" : "Export these clips as films";
    this.#open.title = label;
    this.#open.setAttribute("aria-label", label);
    this.#open.setAttribute("aria-pressed", String(running));
  }

  #showLast(run, running) {
    const { title, what, view, bar, text, cancel, resume, download, remove } = this.#last;
    const { order: asked, state, done, total, films, failures, bytes, kept_bytes: kept } = run;
    title.textContent = running ? "Under way" : "Last export";
    what.textContent = clips(asked.clips);
    view.textContent = viewText(asked);
    bar.hidden = !running;
    if (running && total > 0) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
    text.textContent = running ? runText(run) : endText(run);
    cancel.hidden = !running;
    cancel.disabled = state === "cancelling";
    const missing = asked.clips - films;
    resume.hidden = running || missing === 0;
    resume.textContent = missing > failures.length ? "Go on" : "Try again";
    download.hidden = running || films === 0;
    download.replaceChildren(icon("download"), `Download zip · ${size(bytes)}`);
    download.href = routeURL("export/films.zip");
    remove.hidden = running || kept === 0;
    remove.classList.toggle("danger", this.#sure);
    remove.textContent = this.#sure ? `Really delete ${size(kept)}?` : "Delete films";
    remove.title = `All films that exports of this data set have made: ${size(kept)}`;
  }

  #showFailures({ failures, failed }) {
    const { failures: details } = this.#last;
    details.hidden = failures.length === 0;
    const [summary, list] = details.children;
    summary.textContent = `${failed.toLocaleString("en")} failed`;
    const items = failures.map(({ stem, error }) => make("li", {}, make("b", {}, stem), ` ${error}`));
    if (failed > failures.length) items.push(make("li", { class: "muted" }, "All of them are in the zip's manifest.parquet."));
    list.replaceChildren(...items);
  }

  #say(message) {
    this.#error.hidden = message === null;
    this.#error.textContent = message ?? "";
  }
}

/** "artalk, front, 512 px, fast" */
function viewText({ look, camera, size: side, ...options }) {
  return [look, camera, `${side} px`, ...Object.keys(OPTIONS).filter((name) => options[name])].join(", ");
}

function runText({ state, done, total, failed, waiting, per_minute: rate, left_seconds: left }) {
  if (state === "cancelling") return "Stopping…";
  if (waiting) return `Waiting: ${waiting}`;
  if (total === 0) return "Looking at the clips…";
  const parts = [`${done.toLocaleString("en")} of ${total.toLocaleString("en")}`];
  if (failed > 0) parts.push(`${failed.toLocaleString("en")} failed`);
  if (rate) parts.push(`${rate.toLocaleString("en", { maximumFractionDigits: rate < 10 ? 1 : 0 })} a minute`, `about ${duration(left)} left`);
  return parts.join(" · ");
}

function endText({ state, message, order: asked, films }) {
  if (state === "failed") return message;
  const made = films === asked.clips ? "All films are ready." : `${films.toLocaleString("en")} of ${asked.clips.toLocaleString("en")} films are ready.`;
  return state === "cancelled" ? `Cancelled. ${made}` : made;
}

customElements.define("export-films", ExportFilms);
