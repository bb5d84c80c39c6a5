// <clip-words>: the transcript; the word being said is marked. Fires "seek" with {seconds} when a word is clicked.

import { css, make, shared } from "./style.js";

const style = css`
  :host { display: block; }
  .words { position: relative; height: 3.5em; overflow-y: auto; font-size: 16px; line-height: 1.75; overflow-wrap: anywhere; }
  @media (max-width: 1099px) { .words { height: auto; max-height: 7em; } }
  .word { padding: 1px 2px; margin: 0 -2px; border-radius: 4px; cursor: pointer; transition: background 80ms; }
  .word:hover { background: var(--fv-hover); }
  .word.now { background: var(--fv-accent-soft); color: var(--fv-accent); box-shadow: inset 0 -2px 0 var(--fv-accent); }
  .note { display: flex; gap: 8px; align-items: center; margin-bottom: 2px; font-size: 12px; color: var(--fv-muted); }
`;

class ClipWords extends HTMLElement {
  #words = make("div", { class: "words", lang: "" });
  #note = make("div", { class: "note", hidden: true }, "Transcript",
    make("span", { class: "chip", title: "Words are spread over the parts of the clip that have sound, in proportion to their length. No recogniser has listened." }, "estimated timing"));
  #times = [];
  #spans = [];
  #now = -1;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [shared, style];
    root.append(this.#note, this.#words);
    this.#words.addEventListener("click", (event) => {
      const index = this.#spans.indexOf(event.target);
      if (index < 0) return;
      this.dispatchEvent(new CustomEvent("seek", { detail: { seconds: this.#times[index][1] } }));
    });
  }

  /** words: [[text, start, end], …] in seconds; null while they are unknown. */
  setWords(words) {
    this.#times = words ?? [];
    this.#spans = this.#times.map(([text]) => make("span", { class: "word" }, text));
    this.#words.replaceChildren(...this.#spans.flatMap((span) => [span, " "]));
    this.#note.hidden = this.#times.length === 0;
    if (words !== null && words.length === 0) {
      this.#words.replaceChildren(make("span", { class: "muted" }, "This clip has no transcript."));
    }
    this.#words.scrollTop = 0;
    this.#now = -1;
  }

  /** Mark the word at `seconds`: in a pause, none. */
  show(seconds) {
    const next = this.#times.findIndex(([, start, end]) => start <= seconds && seconds < end);
    if (next === this.#now) return;
    this.#spans[this.#now]?.classList.remove("now");
    this.#now = next;
    const span = this.#spans[next];
    if (!span) return;
    span.classList.add("now");
    const { scrollTop, clientHeight } = this.#words;
    if (span.offsetTop < scrollTop || span.offsetTop + span.offsetHeight > scrollTop + clientHeight) {
      this.#words.scrollTop = span.offsetTop - span.offsetHeight; // scrollIntoView would move the page as well
    }
  }
}

customElements.define("clip-words", ClipWords);
