// <review-panel>: over the picture while clips are judged: the queue and how far it is, the verdict, the reason.

import { frameAt } from "../player/clock.js";
import { store } from "../store.js";
import { iconButton, make, shared } from "../style.js";
import { DetailsForm } from "./details-form.js";
import { TITLES } from "./marks.js";
import { review } from "./review.js";
import { ReviewMenu } from "./review-menu.js";
import { style } from "./sheet.js";

const LARGER = { random: 100, "random.100": 200, "random.200": 400 };
const GROUPS = [
  ["", (name) => ["list", "random", "file"].includes(name) || name.startsWith("random.")],
  ["By the checks", (name) => ["errors", "odd"].includes(name) || name.startsWith("worst.")],
  ["By verdict", () => true],
];

class ReviewPanel extends HTMLElement {
  #queue = make("select", { class: "queue", "aria-label": "What is reviewed" });
  #count = make("span", { class: "digits", role: "status" });
  #bar = make("div", { class: "bar" });
  #buttons = Object.fromEntries(Object.keys(TITLES).map((kind) => [kind, verdictButton(kind)]));
  #undo = iconButton("undo", "Take the last verdict back", "Z");
  #close = iconButton("close", "Close the review", "V");
  #menu = new ReviewMenu();
  #form = new DetailsForm();
  #said = make("div", { class: "said" });
  #rate = make("span", { class: "rate" });
  #formStem = null; // clip that the form is about
  #told = null; // what the second line says: while it is the same, its buttons stay where a click is aimed at

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(
      make("div", { class: "row" }, this.#queue,
        make("div", { class: "progress" }, this.#count, make("div", { class: "track" }, this.#bar)),
        make("div", { class: "verdicts", role: "group", "aria-label": "Verdict" }, ...Object.values(this.#buttons)),
        make("div", { class: "tools" }, this.#undo, this.#menu.button, this.#close)),
      make("div", { class: "row" }, this.#said, this.#form.element, this.#rate), this.#menu.element);
    for (const [kind, button] of Object.entries(this.#buttons)) button.addEventListener("click", () => review.judge(kind));
    this.#undo.addEventListener("click", () => review.undo());
    this.#close.addEventListener("click", () => review.toggle());
    this.#queue.addEventListener("change", () => {
      review.choose(this.#queue.value);
      this.#queue.blur(); // keys are for the clip again
    });
    this.#form.addEventListener("done", ({ detail }) => {
      review.complete(detail);
      review.goOn();
      this.#show();
    });
    this.#form.addEventListener("leave", () => this.#show());
  }

  connectedCallback() {
    review.addEventListener("change", this.#show);
    review.addEventListener("ask", this.#ask);
    this.#show();
  }

  disconnectedCallback() {
    review.removeEventListener("change", this.#show);
    review.removeEventListener("ask", this.#ask);
  }

  #ask = () => {
    this.#formStem = review.said.stem;
    this.#form.open(review.verdict, review.said.reasons);
    this.#show();
  };

  #show = () => {
    this.hidden = !review.isOpen;
    if (this.hidden) {
      this.#form.close();
      return;
    }
    if (this.#form.isOpen && this.#formStem !== store.clip) this.#form.close();
    this.#showQueues();
    this.#showProgress();
    const { verdict } = review;
    for (const [kind, button] of Object.entries(this.#buttons)) button.setAttribute("aria-pressed", String(verdict?.verdict === kind && verdict.state !== "changed"));
    this.#undo.disabled = !review.canUndo;
    this.#rate.hidden = this.#form.isOpen;
    this.#said.hidden = this.#form.isOpen && !review.problem;
    this.#said.className = `said ${verdict?.verdict ?? ""}`;
    this.#showText();
  };

  #showText() {
    const { problem, verdict, progress, said, mark } = review;
    const told = JSON.stringify([problem, verdict, progress, said, mark, store.review]);
    if (told !== this.#told) this.#said.replaceChildren(...this.#text());
    this.#told = told;
  }

  #showQueues() {
    const chosen = store.review;
    const offered = [...(review.overview?.queues ?? [])];
    if (!offered.some(({ name }) => name === chosen)) offered.unshift({ name: chosen, title: review.progress?.title ?? chosen });
    const key = JSON.stringify([offered, chosen]);
    if (this.#queue.dataset.key === key) return;
    this.#queue.dataset.key = key;
    const left = new Set(offered);
    this.#queue.replaceChildren(...GROUPS.flatMap(([label, belongs]) => {
      const options = [...left].filter(({ name }) => belongs(name)).map((queue) => {
        left.delete(queue);
        return make("option", { value: queue.name, selected: queue.name === chosen }, queue.title);
      });
      return label === "" || options.length === 0 ? options : [make("optgroup", { label }, ...options)];
    }));
    this.#queue.value = chosen;
  }

  #showProgress() {
    const { progress } = review;
    const known = progress !== null && progress.name === store.review;
    const number = (value) => value.toLocaleString("en");
    this.#count.textContent = !known ? "…" : progress.judged
      ? `${progress.position === null ? "" : `${number(progress.position + 1)} of `}${number(progress.total)}`
      : `${number(progress.done)} of ${number(progress.total)} judged`;
    this.#bar.style.width = known && progress.total > 0 && !progress.judged ? `${(100 * progress.done) / progress.total}%` : "0";
    this.#rate.textContent = known && progress.rate?.judged > 0 ? rateText(progress.rate) : "";
    this.#rate.title = "Bad clips among the first of this sample, up to the first without a verdict; in brackets the 95 % Wilson interval for the whole data set";
  }

  /** The second line: trouble, the verdict, or what is to be done. */
  #text() {
    const { problem, verdict, progress, said, mark } = review;
    if (problem) return [make("span", { class: "problem", role: "alert" }, problem)];
    if (said === null) return [make("span", { class: "by" }, "…")];
    const parts = verdict ? this.#verdictText(verdict, said) : [];
    if (!verdict && mark !== null) parts.push(this.#seek(mark), make("span", { class: "by" }, "marked"));
    if (progress?.note) parts.push(make("span", { class: "by" }, progress.note));
    else if (progress && progress.total > 0 && progress.done === progress.total && !progress.judged) parts.push(...this.#finished());
    else if (progress && progress.total > 0 && progress.position === null) parts.push(this.#outside(progress));
    if (parts.length === 0) parts.push(make("span", { class: "by" }, "Judge this clip: G good, B bad, U unsure. T marks this frame."));
    return parts;
  }

  #verdictText({ verdict, reason, note, time, reviewer, at, state }, { said, reasons }) {
    const title = reasons.find(({ name }) => name === reason)?.title ?? reason;
    const details = make("button", { type: "button", class: "link", title: "Reason and note (D)" }, reason || note ? "Edit" : "Say why");
    details.addEventListener("click", () => review.ask());
    const by = [reviewer && `by ${reviewer}`, new Date(at).toLocaleString([], { dateStyle: "short", timeStyle: "short" })].filter(Boolean).join(", ");
    return [
      make("b", {}, TITLES[verdict]),
      ...(state === "changed" ? [make("span", { class: "stale" }, "the clip has changed since")] : []),
      ...(title ? [make("span", {}, title)] : []),
      ...(note ? [make("span", { dir: "auto" }, `“${note}”`)] : []),
      ...(time !== null ? [this.#seek(time)] : []),
      details,
      make("span", { class: "by", title: said.slice(1).map((one) => `${TITLES[one.verdict]} by ${one.reviewer || "somebody"}, ${one.at}`).join("\n") },
        said.length > 1 ? `${by}; ${said.length - 1} before` : by),
    ];
  }

  #seek(seconds) {
    const button = make("button", { type: "button", class: "link digits", title: "Show this frame" }, `at ${seconds.toFixed(2)} s`);
    button.addEventListener("click", () => {
      const { view, clip } = document.querySelector("clip-stage");
      if (!clip) return;
      view.pause();
      view.seek(frameAt(seconds, clip.fps, clip.frames));
    });
    return button;
  }

  #outside({ open, total }) {
    const button = make("button", { type: "button", class: "link" }, "This clip is not in the queue. Go to its next");
    button.addEventListener("click", () => store.open(open ?? undefined));
    return open ? button : make("span", { class: "by" }, `This clip is not among these ${total}.`);
  }

  #finished() {
    const more = LARGER[store.review];
    const done = make("span", { class: "by" }, "All of them are judged.");
    if (!more) return [done];
    const button = make("button", { type: "button", class: "link" }, `Go on to ${more} at random`);
    button.addEventListener("click", () => review.choose(`random.${more}`));
    return [done, button];
  }
}

function verdictButton(kind) {
  return make("button", { type: "button", class: kind, "aria-pressed": "false" }, TITLES[kind], make("kbd", { "aria-hidden": "true" }, kind[0].toUpperCase()));
}

/** "2 bad of the first 14: 14 % (4.0–40 %)" */
function rateText({ judged, bad, unsure, low, high, unsure_high: most }) {
  const percent = (share) => (100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0);
  const sure = `${bad} bad of the first ${judged}: ${percent(bad / judged)} % (${percent(low)}–${percent(high)} %)`;
  return unsure > 0 ? `${sure}, with unsure ones up to ${percent(most)} %` : sure;
}

customElements.define("review-panel", ReviewPanel);
