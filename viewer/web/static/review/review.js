// A review under way: the queue, what was said of the open clip, and what a reviewer does. The server keeps the verdicts.
// Events: "change" what there is to show, "marks" of the list, "ask" the reviewer is to give a reason.

import { getJSON, postJSON, RouteError } from "../api.js";
import { recall, remember } from "../memory.js";
import { frameStart } from "../player/clock.js";
import { store } from "../store.js";
import { marks } from "./marks.js";
import { recallGiven, rememberGiven } from "./given.js";

const MEMORY = "flame-viewer-review";
const LOOK_AGAIN_MS = 1000;
const DEFAULTS = { reviewer: null, queue: "list", advance: true, skip: true, ask: true };

export class Review extends EventTarget {
  overview = null; // the answer of the `review` route
  progress = null; // of the queue around the open clip; null until it is known
  said = null; // what was said of the open clip, and reasons to pick from; null until it is known
  mark = null; // seconds: time mark of the next verdict
  problem = null; // why something did not work
  settings = { ...DEFAULTS, ...recall(MEMORY) };
  #given = []; // numbers of this tab's verdicts that can be taken back
  #doing = Promise.resolve(); // what the reviewer does happens in order
  #asked = null; // AbortController of what is being read
  #reading = Promise.resolve();
  #shown = null; // stem of the clip that is read, or was read last
  #judging = null; // {stem}: the clip that is being judged
  #stepped = null; // {from, to}: the last step, stems
  #marking = null; // stands for the last reading of the list's marks while it lasts
  #others = new BroadcastChannel(MEMORY); // tabs of this browser
  #again = 0;

  /** Begin: the store knows what is open. */
  start() {
    this.#given = recallGiven();
    store.addEventListener("review", () => this.#opened());
    store.addEventListener("clip", () => this.isOpen && this.#read());
    store.addEventListener("query", () => store.review === "list" && this.#read());
    this.#others.addEventListener("message", () => this.reload());
    addEventListener("focus", () => this.isOpen && this.reload());
    this.#readMarks();
    if (this.isOpen) this.#opened({ arriving: !new URLSearchParams(location.search).has("clip") });
  }

  get isOpen() {
    return store.review !== null;
  }

  get reviewer() {
    return this.settings.reviewer ?? this.overview?.reviewer ?? "";
  }

  /** The verdict on the open clip that stands, or null. */
  get verdict() {
    return this.said?.said[0] ?? null;
  }

  get canUndo() {
    return this.#given.length > 0;
  }

  set(change) {
    Object.assign(this.settings, change);
    remember(MEMORY, this.settings);
    this.#tell("change");
  }

  toggle() {
    store.setReview(this.isOpen ? null : this.settings.queue);
  }

  /** Take another queue, at its first clip without a verdict; the list goes on from the clip that is open. */
  choose(queue) {
    this.set({ queue });
    store.setReview(queue);
    if (queue !== "list") this.#do(() => this.#goToOpen());
  }

  /** Say "good", "bad" or "unsure" of the open clip. */
  judge(verdict) {
    const stem = store.clip;
    const wish = store.wish();
    const { mark: time } = this;
    const judging = (this.#judging = { stem });
    this.#do(async () => {
      try {
        const said = await this.#saidOf(stem);
        await this.#give({ clip: stem, motion_hash: said.motion_hash, verdict, time, reviewer: this.reviewer });
      } finally {
        if (this.#judging === judging) this.#judging = null;
      }
      if (store.clip !== stem) return;
      if (verdict !== "good" && this.settings.ask) this.ask();
      else await this.#goOn(wish);
    });
  }

  /** Add to the verdict on the open clip that stands; null where there is nothing to add. */
  complete(details) {
    const stem = store.clip;
    this.#do(async () => {
      const [verdict] = (await this.#saidOf(stem)).said;
      if (!verdict) return;
      const { motion_hash, verdict: kind, reason, note, time, id: replaces } = verdict;
      const whole = { reason, note, time, ...details };
      if (whole.reason !== reason || whole.note !== note || whole.time !== time) {
        await this.#give({ clip: stem, motion_hash, verdict: kind, ...whole, reviewer: this.reviewer, replaces });
      }
    });
  }

  /** Go on to the next clip, if that is wanted. */
  goOn() {
    const wish = store.wish();
    this.#do(() => this.#goOn(wish));
  }

  /** Ask for reason and note. */
  ask() {
    if (this.verdict) this.#tell("ask");
  }

  /** Set the time mark to the frame that is shown, or take it away where it is there already. */
  markTime() {
    const view = document.querySelector("clip-stage")?.view;
    if (!view?.clip) return;
    // Rounded up to milliseconds, so that it is within the frame.
    const here = Math.ceil(frameStart(view.frame, view.clip.fps) * 1000 - 1e-6) / 1000;
    const was = this.verdict ? this.verdict.time : this.mark;
    const time = was === here ? null : here;
    if (this.verdict || this.#judging?.stem === store.clip) this.complete({ time });
    else {
      this.mark = time;
      this.#tell("change");
    }
  }

  /** Take back the last verdict of this tab, and show its clip. */
  undo() {
    this.#do(async () => {
      const id = this.#given.at(-1);
      if (id === undefined) return;
      this.#forget(id); // also where the server refuses: it is no longer the last
      const { clip } = store;
      const { verdict } = await postJSON("review/undo", { id });
      this.#changed();
      if (store.clip === verdict.stem) await this.#read();
      else if (store.clip === clip) store.open(verdict.stem); // else another was opened meanwhile
      await this.#readMarks();
    });
  }

  /** Whether there is a clip before (-1) or behind (1) the open one. */
  has(step) {
    return this.#beside(step) !== null;
  }

  /** Stem of the clip behind `stem`, once it is known; undefined where there is none or another clip is open by then. */
  async next(stem) {
    await this.#settled();
    return store.clip === stem ? (this.#beside(1) ?? undefined) : undefined;
  }

  /** Open the clip before or behind in the queue. Steps follow one another; none goes on from a clip that was opened otherwise. */
  step(step) {
    const wish = store.wish();
    const before = this.#stepped;
    const made = (this.#stepped = { from: store.clip, to: null });
    this.#do(async () => {
      const { clip } = store;
      if (clip !== made.from && clip !== before?.to) return;
      await this.#settled();
      const stem = this.#beside(step);
      if (store.clip !== clip || stem === null) return;
      made.to = stem;
      store.open(stem, { wish });
    });
  }

  /** Read everything anew: another tab or person may have judged. */
  reload() {
    this.#readMarks();
    if (this.isOpen) this.#read();
  }

  #beside(step) {
    if (this.progress === null) return null;
    const { previous, next, open, judged } = this.progress;
    if (step < 0) return previous;
    return this.settings.skip && !judged ? open : next;
  }

  async #opened({ arriving = false } = {}) {
    this.#tell("change");
    if (!this.isOpen) return;
    try {
      this.overview = await getJSON("review");
    } catch (error) {
      this.#fail(error);
      return;
    }
    if (arriving && store.review !== "list") this.#do(() => this.#goToOpen());
    await this.#read();
  }

  /** To the first clip of the queue that has no verdict. */
  async #goToOpen() {
    const { clip, review } = store;
    if (review === null) return;
    const { open } = await getJSON("review/queue", { name: review });
    const elsewhere = store.review !== review || (clip !== null && store.clip !== clip); // by the reviewer's own wish
    if (open && !elsewhere) store.open(open);
  }

  async #goOn(wish) {
    if (!this.settings.advance) return;
    const { clip } = store;
    await this.#settled();
    const stem = this.#beside(1);
    if (store.clip === clip && stem !== null) store.open(stem, { wish });
  }

  async #give(body) {
    const { verdict } = await postJSON("review/verdict", body);
    if (body.replaces) this.#forget(body.replaces);
    this.#given.push(verdict.id);
    rememberGiven(this.#given);
    if (store.clip === verdict.stem) this.mark = null;
    marks.set(verdict.stem, [verdict.verdict, verdict.state]);
    this.#tell("marks");
    if (this.#marking) this.#readMarks(); // those under way may be from before
    this.#changed();
    if (store.clip !== verdict.stem) return;
    this.#read();
    await this.#settled();
  }

  #forget(id) {
    this.#given = this.#given.filter((one) => one !== id);
    rememberGiven(this.#given);
  }

  async #saidOf(stem) {
    if (this.said?.stem !== stem) await this.#settled();
    return this.said?.stem === stem ? this.said : getJSON("review/clip", { clip: stem });
  }

  /** Read what was said of the open clip and how far the queue is. */
  #read() {
    this.#reading = this.#load();
    return this.#reading;
  }

  /** Until what was asked for last has been read: what is read anew meanwhile takes the place of what was being read. */
  async #settled() {
    for (let reading = null; reading !== this.#reading; ) {
      reading = this.#reading;
      await reading;
    }
  }

  async #load() {
    this.#asked?.abort();
    const { signal } = (this.#asked = new AbortController());
    const { clip, review } = store;
    if (clip === null || review === null) return;
    if (this.#shown !== clip) this.mark = null;
    this.#shown = clip;
    if (this.said?.stem !== clip) {
      this.said = null;
      this.#tell("change");
    }
    const list = review === "list" ? store.query.parameters : {};
    try {
      const [said, progress] = await Promise.all([
        getJSON("review/clip", { clip }, signal), getJSON("review/queue", { ...list, name: review, clip }, signal),
      ]);
      // What is judged is what is seen: a clip whose files changed since it was opened must be opened anew.
      if (this.said?.stem === clip) said.motion_hash = this.said.motion_hash;
      Object.assign(this, { said, progress, problem: null });
      this.#tell("change");
    } catch (error) {
      this.#fail(error);
    }
  }

  async #readMarks() {
    clearTimeout(this.#again);
    const marking = (this.#marking = {});
    try {
      const answer = await getJSON("review/marks");
      if (this.#marking !== marking) return; // they are being read anew
      marks.clear();
      for (const [stem, mark] of Object.entries(answer.marks)) marks.set(stem, mark);
      this.#tell("marks");
      if (answer.unchecked > 0) this.#again = setTimeout(() => this.#readMarks(), LOOK_AGAIN_MS);
    } catch (error) {
      this.#fail(error);
    } finally {
      if (this.#marking === marking) this.#marking = null;
    }
  }

  /** Do something once what was begun before is done. */
  #do(action) {
    this.#doing = this.#doing.then(async () => {
      try {
        await action();
      } catch (error) {
        this.#fail(error);
      }
    });
  }

  #fail(error) {
    if (error.name === "AbortError") return;
    if (!(error instanceof RouteError)) {
      reportError(error); // what follows must still be done
      return;
    }
    this.problem = error.message;
    this.#tell("change");
  }

  #changed() {
    this.problem = null;
    this.#others.postMessage("verdict");
  }

  #tell(type) {
    this.dispatchEvent(new Event(type));
  }
}

export const review = new Review();
