// <clip-words>: the transcript; the word being said is marked. Fires "seek" with {seconds} when a word is clicked.

import { routeURL } from "./api.js";
import { speech } from "./speech.js";
import { css, make, shared } from "./style.js";

const ESTIMATED = "Words are spread over the parts of the clip that have sound, in proportion to their length.";
const ALIGNED = "The times of the words were found in the sound.";
const WEAK = "Its time is doubtful: the sound matches this word poorly.";

const style = css`
  :host { display: block; }
  .words { position: relative; height: 3.5em; overflow-y: auto; font-size: 16px; line-height: 1.75; overflow-wrap: anywhere; }
  @media (max-width: 1099px) { .words { height: auto; max-height: 7em; } }
  .word { padding: 1px 2px; margin: 0 -2px; border-radius: 4px; cursor: pointer; transition: background 80ms; }
  .word:hover { background: var(--fv-hover); }
  .word.weak { color: var(--fv-muted); text-decoration: underline dotted 1px; text-underline-offset: 4px; }
  .word.now { background: var(--fv-accent-soft); color: var(--fv-accent); box-shadow: inset 0 -2px 0 var(--fv-accent); }
  .note { display: flex; gap: 8px; align-items: center; margin-bottom: 2px; font-size: 12px; color: var(--fv-muted); }
  .note .why { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .note a { margin-left: auto; color: var(--fv-accent); white-space: nowrap; }
`;

class ClipWords extends HTMLElement {
  #words = make("div", { class: "words", lang: "" });
  #chip = make("span", { class: "chip" });
  #why = make("span", { class: "why" });
  #file = make("a", { title: "Download the words with these times as subtitles", hidden: true }, "WebVTT");
  #note = make("div", { class: "note", hidden: true }, "Transcript", this.#chip, this.#why, this.#file);
  #times = [];
  #spans = [];
  #now = -1;
  #seconds = 0;

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

  connectedCallback() {
    speech.addEventListener("clip", this.#takeSpeech);
  }

  disconnectedCallback() {
    speech.removeEventListener("clip", this.#takeSpeech);
  }

  /** words: [[text, start, end], …] in seconds, estimated; null while they are unknown. */
  setWords(words) {
    this.#fill(words ?? [], false);
    this.#say("estimated timing", ESTIMATED, "");
    this.#file.hidden = true;
    if (words !== null && words.length === 0) {
      this.#words.replaceChildren(make("span", { class: "muted" }, "This clip has no transcript."));
    }
    this.#words.scrollTop = 0;
  }

  /** Mark the word at `seconds`: in a pause, none. */
  show(seconds) {
    this.#seconds = seconds;
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

  #takeSpeech = () => {
    const { clip } = speech;
    if (!clip || clip.words.length === 0) return;
    const aligned = clip.status === "aligned";
    this.#file.href = routeURL("words", { clip: clip.stem, format: "vtt" });
    this.#file.hidden = false;
    const { scrollTop } = this.#words;
    this.#fill(clip.words, aligned);
    this.#words.scrollTop = scrollTop;
    if (aligned) this.#say("aligned", `${ALIGNED} Confidence ${clip.confidence}: right transcripts have −24 or more.`, "");
    else this.#say("estimated timing", `${ESTIMATED} ${clip.message}`, clip.message);
    this.show(this.#seconds);
  };

  #fill(words, aligned) {
    this.#times = words;
    this.#spans = words.map(([text, , , weak]) => {
      return aligned && weak ? make("span", { class: "word weak", title: WEAK }, text) : make("span", { class: "word" }, text);
    });
    this.#words.replaceChildren(...this.#spans.flatMap((span) => [span, " "]));
    this.#note.hidden = words.length === 0;
    this.#now = -1;
  }

  #say(status, title, why) {
    this.#chip.textContent = status;
    this.#chip.title = title;
    this.#why.textContent = this.#why.title = why;
  }
}

customElements.define("clip-words", ClipWords);
