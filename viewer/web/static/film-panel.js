// <film-panel>: what lies over the picture while there is no film to see: progress, a queue, or what went wrong.
// Fires "retry" and "next" for its buttons.

import { css, make, shared } from "./style.js";

const style = css`
  :host { position: absolute; inset: 0; display: grid; place-items: center; pointer-events: none; }
  .wait { display: grid; gap: 10px; justify-items: center; width: min(260px, 70%); text-align: center; color: var(--fv-muted); }
  .over .wait { position: absolute; bottom: 14px; padding: 10px 14px; border-radius: 10px; background: var(--fv-surface); box-shadow: var(--fv-shadow); }
  .track { width: 100%; height: 6px; border-radius: 3px; background: var(--fv-line); overflow: hidden; }
  .bar { width: 0; height: 100%; border-radius: 3px; background: var(--fv-accent); transition: width 200ms linear; }
  .unknown .bar { width: 30%; animation: slide 1.4s ease-in-out infinite; }
  @keyframes slide { from { margin-left: -30%; } to { margin-left: 100%; } }
  @media (prefers-reduced-motion: reduce) { .unknown .bar { animation: none; margin-left: 35%; } }
  .error { display: grid; gap: 12px; width: 100%; max-width: 520px; max-height: 100%; padding: 24px; overflow-y: auto; pointer-events: auto; }
  .error h3 { font-size: 16px; color: var(--fv-error); }
  .error p { white-space: pre-wrap; overflow-wrap: anywhere; }
  .buttons { display: flex; gap: 8px; }
  .stack { display: contents; }
`;

class FilmPanel extends HTMLElement {
  #label = make("div", { class: "digits" });
  #bar = make("div", { class: "bar" });
  #track = make("div", { class: "track", role: "progressbar", "aria-label": "Rendering", "aria-valuemin": "0" }, this.#bar);
  #wait = make("div", { class: "wait", role: "status" }, this.#label, this.#track);
  #message = make("p");
  #follows = make("p", { class: "muted" }, "The next clip follows in a moment.");
  #retry = make("button", { type: "button" }, "Try again");
  #next = make("button", { type: "button", hidden: true }, "Next clip");
  #error = make("div", { class: "error", role: "alert" },
    make("h3", {}, "This clip cannot be shown"), this.#message, this.#follows, make("div", { class: "buttons" }, this.#retry, this.#next));
  #stack = make("div", { class: "stack" }, this.#wait, this.#error);

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(this.#stack);
    this.#retry.addEventListener("click", () => this.dispatchEvent(new Event("retry")));
    this.#next.addEventListener("click", () => this.dispatchEvent(new Event("next")));
    this.clear();
  }

  clear() {
    this.#wait.hidden = true;
    this.#error.hidden = true;
  }

  /** answer: what the film route said; null before the first answer. `over`: an older film stays in view. */
  showWaiting(answer, over) {
    this.#error.hidden = true;
    this.#wait.hidden = false;
    this.#stack.className = `stack${over ? " over" : ""}${answer?.total ? "" : " unknown"}`;
    this.#label.textContent = waitingText(answer);
    if (answer?.total) {
      this.#bar.style.width = `${(100 * answer.done) / answer.total}%`;
      this.#track.setAttribute("aria-valuemax", answer.total);
      this.#track.setAttribute("aria-valuenow", answer.done);
    } else {
      this.#bar.style.width = "";
      this.#track.removeAttribute("aria-valuenow");
    }
  }

  /** Whether there is a next clip to offer. */
  set hasNext(hasNext) {
    this.#next.hidden = !hasNext;
  }

  /** follows: the next clip comes by itself. */
  showError(message, { follows = false } = {}) {
    this.#wait.hidden = true;
    this.#error.hidden = false;
    this.#message.textContent = message;
    this.#follows.hidden = !follows;
  }
}

function waitingText(answer) {
  if (answer === null) return "Opening…";
  if (answer.state === "queued") {
    if (answer.ahead === 0) return "Starting to render…";
    return answer.ahead === 1 ? "Waiting: one clip is rendered first" : `Waiting: ${answer.ahead} clips are rendered first`;
  }
  if (!answer.total) return "Starting to render…";
  return answer.done < answer.total ? `Rendering frame ${answer.done} of ${answer.total}` : "Writing the film…";
}

customElements.define("film-panel", FilmPanel);
