// The films of a folder: searched, shown a page at a time, and played in place.

const PAGE = 60;
const films = JSON.parse(document.getElementById("films").textContent);
const search = document.querySelector('input[type="search"]');
const autoplay = document.querySelector('input[name="autoplay"]');
const list = document.querySelector(".films");
const more = document.querySelector("button.more");
const found = document.querySelector(".found");
const folded = films.map(({ stem, text }) => fold(`${stem} ${text}`));
let chosen = [];
let shown = 0;

function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

function find() {
  const terms = fold(search.value).split(/\s+/).filter(Boolean);
  chosen = films.filter((_, i) => terms.every((term) => folded[i].includes(term)));
  list.replaceChildren();
  shown = 0;
  found.textContent = terms.length ? `${chosen.length.toLocaleString("en")} of ${films.length.toLocaleString("en")}` : "";
  showMore();
}

function showMore() {
  list.append(...chosen.slice(shown, shown + PAGE).map(card));
  shown = Math.min(shown + PAGE, chosen.length);
  more.hidden = shown === chosen.length;
}

function card(film) {
  const picture = film.thumb
    ? make("img", { src: film.thumb, alt: "", loading: "lazy" })
    : make("video", { src: film.path, preload: "metadata", muted: true });
  const button = make("button", { type: "button", className: "picture", ariaLabel: `Play ${film.stem}` }, picture);
  const facts = make("div", { className: "facts" },
    make("bdi", { className: "name" }, film.stem),
    make("span", { className: "muted" }, `${film.seconds.toFixed(1)} s`),
    make("span", { className: "text", title: film.text }, film.text));
  const element = make("article", { className: "film" }, button, facts);
  button.addEventListener("click", () => play(element, film));
  return element;
}

/** Play a film in the place of its picture; one at a time. */
function play(element, film) {
  for (const other of list.querySelectorAll(".film.playing video")) other.pause();
  const video = make("video", { src: film.path, controls: true });
  video.addEventListener("play", () => element.classList.add("playing"));
  video.addEventListener("pause", () => element.classList.remove("playing"));
  video.addEventListener("ended", () => autoplay.checked && playNext(element));
  element.querySelector(".picture, video").replaceWith(video);
  video.play();
  video.focus();
}

function playNext(element) {
  if (!element.nextElementSibling && !more.hidden) showMore();
  const next = element.nextElementSibling;
  if (!next) return;
  next.scrollIntoView({ block: "nearest" });
  const button = next.querySelector(".picture");
  if (button) button.click();
  else next.querySelector("video").play();
}

search.addEventListener("input", find);
more.addEventListener("click", showMore);
new IntersectionObserver(([entry]) => entry.isIntersecting && !more.hidden && showMore()).observe(more);
find();
