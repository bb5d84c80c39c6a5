// The clips of the store's query, in its order. Rows come in pages from the server, as they are looked at; so do the
// neighbours of the open clip. While the server still indexes, the list grows: `follow` keeps what is looked at in place.
// Events: "rows" some came or changed, "state" total, progress or problem changed, "reset" it is another list,
// "moved" {by} all rows stand further down than before, "neighbours" of the open clip.

import { getJSON, postJSON, RouteError } from "../api.js";
import { store } from "../store.js";

const PAGE = 100;
const PAGES_KEPT = 40;
const AT_ONCE = 2; // the browser has six connections, and the clip comes first
const LOOK_AGAIN_MS = 1000;
const TRIES = 5; // to read rows of one version while the server indexes
const TYPING_MS = 120;

class ClipOrder extends EventTarget {
  total = null; // clips that pass the filters; null until it is known
  all = null; // clips that are known
  complete = false; // nothing is indexed any more
  progress = null; // {done, total, running, error}
  columns = []; // what there is to sort by: {name, title, kind, unit}
  problem = null; // why there is no list
  neighbours = null; // {previous, next} of the open clip, stems or null; null until they are known
  #query = store.query;
  #version = null;
  #pages = new Map(); // page number -> rows; the least recently used first
  #loading = new Map(); // page number -> AbortController
  #wanted = [0, 0]; // rows that are looked at
  #late = 0;
  #again = 0;
  #abort = new AbortController(); // of requests for another list than this
  #neighbourRequest = null; // {stem, promise}
  #looking = Promise.resolve(); // settles when the look for what has been indexed since is over
  #nextLook = null; // settles when the one after that is
  #steps = Promise.resolve(null); // settles with the clip that the last of the steps under way has reached
  #pending = null; // settles when the list that was last asked for is there
  #overtake = () => {}; // settles it where another is asked for

  /** Begin to read: the store knows what. */
  start() {
    store.addEventListener("query", ({ detail }) => this.#requery(detail.byUser ? TYPING_MS : 0));
    store.addEventListener("clip", () => this.#askNeighbours());
    store.addEventListener("row", ({ detail }) => this.#replaceRow(detail));
    this.#requery(0);
  }

  /** Row `index`, if it has come. */
  row(index) {
    return this.#pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** Rows `first` to `last` (not included) are looked at: have them come, and nothing else. */
  want(first, last) {
    this.#wanted = [first, Math.min(last, this.total ?? last)];
    this.#load();
  }

  /** Index of a clip in the list; null where it is not in it, or the list is another by then. */
  async position(stem) {
    try {
      const { position } = await getJSON("neighbours", { ...this.#query.parameters, clip: stem }, this.#abort.signal);
      return position;
    } catch (error) {
      if (error.name !== "AbortError" && !(error instanceof RouteError)) throw error;
      return null; // the list says what is wrong
    }
  }

  /** Stem of the clip next to the open one, as far as it is known: 1 the next, -1 the previous. */
  neighbour(step) {
    return (step > 0 ? this.neighbours?.next : this.neighbours?.previous) ?? undefined;
  }

  /** Stem of the clip after `stem`, once it is known; undefined where there is none or another clip is open by then. */
  async next(stem) {
    await this.#settleNeighbours();
    return store.clip === stem ? this.neighbour(1) : undefined;
  }

  /** Open the clip next to the open one. Steps follow one another; one that the user overtakes by a click is dropped. */
  async step(step) {
    const asked = store.clip;
    const wish = store.wish();
    const steps = this.#steps.then(async (reached) => {
      await this.#settleNeighbours();
      if (store.clip !== asked && store.clip !== reached) return null;
      store.open(this.neighbour(step), { wish });
      return store.clip;
    });
    this.#steps = steps;
    await steps;
    if (this.#steps === steps) this.#steps = Promise.resolve(null); // what a later step may start from is its own clip
  }

  /** Settles when the rows are those of what was last typed. */
  async settled() {
    while (this.#pending) await this.#pending;
  }

  /** Have the server look at the data set's files again. */
  async refresh() {
    await postJSON("refresh", {});
    this.complete = false;
    await this.#lookAgain();
  }

  /** Values of the rows, or their columns, have changed on the server. */
  catchUp() {
    if (this.problem) this.#requery(0); // what was asked for may be known by now
    else if (this.#version !== null) this.#plan(0);
  }

  #requery(wait) {
    clearTimeout(this.#late);
    this.#overtake();
    const pending = new Promise((resolve) => {
      this.#overtake = resolve;
      this.#late = setTimeout(() => this.#begin().finally(resolve), wait);
    });
    this.#pending = pending;
    pending.then(() => {
      if (this.#pending === pending) this.#pending = null;
    });
  }

  /** Another list: the old rows stay in view until the first new ones have come. */
  async #begin() {
    this.#abort.abort();
    const { signal } = (this.#abort = new AbortController());
    this.#query = store.query;
    this.#neighbourRequest = null;
    clearTimeout(this.#again);
    try {
      const answer = await getJSON("clips", { ...this.#query.parameters, limit: PAGE, columns: true }, signal);
      this.#forget();
      this.problem = null;
      this.columns = answer.columns;
      this.#take(answer);
      this.#pages.set(0, answer.rows);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      this.#forget();
      this.problem = error.message;
      this.total = 0;
    }
    this.#tell("reset");
    this.#tellState();
    this.#askNeighbours();
    this.#plan();
  }

  #forget() {
    for (const controller of this.#loading.values()) controller.abort();
    this.#loading.clear();
    this.#pages.clear();
    this.#wanted = [0, 0];
  }

  #take({ version, total, all, complete, progress }) {
    Object.assign(this, { total, all, complete, progress });
    this.#version = version;
  }

  #load() {
    const [first, last] = this.#wanted;
    const pages = [];
    for (let page = Math.floor(first / PAGE); page * PAGE < last; page += 1) pages.push(page);
    for (const [page, controller] of this.#loading) {
      if (pages.includes(page)) continue;
      controller.abort();
      this.#loading.delete(page);
    }
    for (const page of pages) {
      const rows = this.#pages.get(page);
      if (rows) {
        this.#pages.delete(page); // now the most recently used
        this.#pages.set(page, rows);
      } else if (!this.#loading.has(page) && this.#loading.size < AT_ONCE) this.#loadPage(page);
    }
  }

  async #loadPage(page) {
    const controller = new AbortController();
    this.#loading.set(page, controller);
    const signal = AbortSignal.any([controller.signal, this.#abort.signal]);
    let answer;
    try {
      answer = await getJSON("clips", { ...this.#query.parameters, start: page * PAGE, limit: PAGE }, signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      this.#loading.delete(page);
      this.problem = error.message;
      this.#tell("state");
      this.#plan();
      return;
    }
    this.#loading.delete(page);
    this.#pages.set(page, answer.rows);
    for (const old of this.#pages.keys()) {
      if (this.#pages.size <= PAGES_KEPT) break;
      this.#pages.delete(old);
    }
    this.#tell("rows");
    if (answer.version !== this.#version) this.#plan(0);
    this.#load();
  }

  /** Look again in a while if there is a reason to. */
  #plan(wait = LOOK_AGAIN_MS) {
    clearTimeout(this.#again);
    if (!this.complete || this.problem || wait === 0) this.#again = setTimeout(() => this.#lookAgain(), wait);
  }

  /** Take in what has been indexed since. One look after the other: each moves the rows that the next begins with. */
  #lookAgain() {
    clearTimeout(this.#again);
    this.#nextLook ??= Promise.allSettled([this.#looking]).then(() => this.settled()).then(() => {
      this.#nextLook = null;
      return (this.#looking = this.#look());
    });
    return this.#nextLook;
  }

  /** Rows that are looked at stay where they are. */
  async #look() {
    const { signal } = this.#abort;
    const query = this.#query.parameters;
    const [first, last] = this.#wanted;
    const anchor = this.row(first)?.stem;
    try {
      const ask = () => getJSON("clips", { ...query, limit: 1, anchor, columns: true }, signal);
      let news = await ask();
      if (news.version !== this.#version || this.problem) {
        const moved = () => (first === 0 ? 0 : (news.anchor ?? first) - first);
        let fresh = await this.#fresh(query, first + moved(), last + moved(), signal);
        // Rows that were read later than where they stand may stand elsewhere by then.
        for (let times = 0; fresh.version !== news.version && times < TRIES; times += 1) {
          news = await ask();
          fresh = await this.#fresh(query, first + moved(), last + moved(), signal);
        }
        const by = moved();
        this.#forget();
        this.#pages = fresh.pages;
        this.#wanted = [first + by, last + by];
        this.problem = null;
        this.columns = news.columns;
        this.#take(news);
        if (by !== 0) this.#tell("moved", { by });
        this.#tell("rows");
        this.#neighbourRequest = null;
        this.#askNeighbours();
      } else this.#take(news);
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      this.problem = error.message;
    }
    this.#tellState();
    this.#plan();
  }

  #tellState() {
    this.#tell("state");
    const first = this.row(0);
    if (store.clip === null && first) store.begin(first.stem);
  }

  /** Pages with the rows `first` to `last`, and the version of the list that the last of them is from. */
  async #fresh(query, first, last, signal) {
    const pages = new Map();
    let version = null;
    for (let page = Math.floor(first / PAGE); page * PAGE < Math.max(last, 1); page += 1) {
      const answer = await getJSON("clips", { ...query, start: page * PAGE, limit: PAGE }, signal);
      version = answer.version;
      pages.set(page, answer.rows);
    }
    return { pages, version };
  }

  #askNeighbours() {
    const stem = store.clip;
    if (stem === null) return Promise.resolve();
    if (this.#neighbourRequest?.stem === stem) return this.#neighbourRequest.promise;
    this.neighbours = null;
    const request = (this.#neighbourRequest = { stem, promise: null });
    request.promise = this.#loadNeighbours(request, this.#abort.signal);
    return request.promise;
  }

  /** Settles when the neighbours of the open clip are known, however often the list changes meanwhile. */
  async #settleNeighbours() {
    do await this.#askNeighbours();
    while (this.neighbours === null && store.clip !== null);
  }

  async #loadNeighbours(request, signal) {
    const { stem } = request;
    let answer;
    try {
      answer = this.#knownNeighbours(stem) ?? (await getJSON("neighbours", { ...this.#query.parameters, clip: stem }, signal));
    } catch (error) {
      if (error.name === "AbortError") return;
      if (!(error instanceof RouteError)) throw error;
      answer = { previous: null, next: null }; // the list says what is wrong
    }
    if (store.clip !== stem || this.#neighbourRequest !== request) return;
    this.neighbours = answer;
    this.#tell("neighbours");
  }

  /** The neighbours where all three rows are here. */
  #knownNeighbours(stem) {
    for (const [page, rows] of this.#pages) {
      const place = rows.findIndex((row) => row.stem === stem);
      if (place < 0) continue;
      const index = page * PAGE + place;
      const [previous, next] = [this.row(index - 1)?.stem, this.row(index + 1)?.stem];
      if ((previous || index === 0) && (next || index === this.total - 1)) return { previous: previous ?? null, next: next ?? null };
    }
    return null;
  }

  #replaceRow(row) {
    for (const rows of this.#pages.values()) {
      const place = rows.findIndex(({ stem }) => stem === row.stem);
      if (place < 0) continue;
      rows[place] = { ...rows[place], ...row };
      this.#tell("rows");
      return;
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

export const order = new ClipOrder();
store.opened.then(() => order.start());
