// What the page compares, as a link says it: `with=preds_a,preds_b&mode=heat&top=10`. docs/page.md describes it.

/** How tracks are shown, by name in links. */
export const MODES = {
  side: { label: "Side by side", title: "The reference, and each prediction beside it" },
  overlay: { label: "Overlay", title: "Predictions drawn through the reference" },
  flicker: { label: "Flicker", title: "Reference and predictions in turn, in one place" },
  heat: { label: "Heat", title: "The distance of each vertex, painted on the face" },
  beside: { label: "Faces + heat", title: "The reference, the first track, and the heat map of the two" },
};
/** Those with a scale in millimetres. */
export const HEAT = new Set(["heat", "beside"]);
/** Tracks that are shown at a time, besides the reference. */
export const MOST_TRACKS = 3;
/** Millimetres at the top of the heat map's scale, unless the link says otherwise. */
export const TOP_MM = 5;
/** Millimetres that are offered. */
export const TOPS = [1, 2, 5, 10, 20];
const [LEAST_TOP, MOST_TOP] = [0.1, 100];

/** `tracks`: keys of data sets, none where nothing is compared. @typedef {{tracks: string[], mode: string, top: number}} Compare */

/** Nothing is compared. @type {Compare} */
export const NOTHING = { tracks: [], mode: Object.keys(MODES)[0], top: TOP_MM };

/** What a link says; what makes no sense is left out. @param {URLSearchParams} query @returns {Compare} */
export function compareOf(query) {
  const tracks = (query.get("with") ?? "").split(",").filter(Boolean);
  const [mode, top] = [query.get("mode"), Number(query.get("top") ?? NaN)];
  return {
    tracks: [...new Set(tracks)],
    mode: Object.hasOwn(MODES, mode) ? mode : NOTHING.mode,
    top: top >= LEAST_TOP && top <= MOST_TOP ? top : TOP_MM,
  };
}

/** The same for a link, null what it need not say. @param {Compare} compare */
export function parametersOf({ tracks, mode, top }) {
  const compares = tracks.length > 0;
  return { with: compares ? tracks.join(",") : null, mode: compares ? mode : null, top: compares && top !== TOP_MM ? top : null };
}

/** @param {Compare} one  @param {Compare} other */
export function isSame(one, other) {
  return one.mode === other.mode && one.top === other.top && one.tracks.join() === other.tracks.join();
}

/** What is compared where another data set is shown: it changes places with this one. @param {string} here  @param {string} there */
export function seenFrom(compare, here, there) {
  return { ...compare, tracks: compare.tracks.map((key) => (key === there ? here : key)) };
}
