// What the list is searched, filtered and sorted by. The page's URL and the routes use the same names for it.

const LISTS = ["split", "session", "modality", "flag", "severity", "check", "verdict", "between"];
const BOUNDS = ["min_seconds", "max_seconds"];
const DEFAULT_SORT = "stem";
const NUMBER = String.raw`-?\d+(?:\.\d+)?(?:e[+-]?\d+)?`;
const RANGE = new RegExp(`^[^:]+:(?=.*\\d)(?:${NUMBER})?:(?:${NUMBER})?$`, "i");

/** One search with its filters and order; never changes. */
export class ClipQuery {
  search = "";
  split = [];
  session = [];
  modality = [];
  flag = [];
  severity = [];
  check = [];
  verdict = [];
  /** Ranges of number columns, "frames:50:200"; either end may be missing. */
  between = [];
  min_seconds = null;
  max_seconds = null;
  /** Name of a column; with a minus in front the largest come first. */
  sort = DEFAULT_SORT;

  constructor(values = {}) {
    Object.assign(this, values);
    Object.freeze(this);
  }

  /** From the parameters of a URL; what makes no sense is left out. */
  static read(parameters) {
    const values = { search: parameters.get("search") ?? "", sort: parameters.get("sort") || DEFAULT_SORT };
    for (const name of LISTS) values[name] = [...new Set(parameters.getAll(name))];
    values.between = values.between.filter((range) => RANGE.test(range));
    for (const name of BOUNDS) {
      const text = parameters.get(name);
      values[name] = text && Number(text) >= 0 ? Number(text) : null;
    }
    return new ClipQuery(values);
  }

  with(change) {
    return new ClipQuery({ ...this, ...change });
  }

  /** The same order without any filter. */
  get unfiltered() {
    return new ClipQuery({ sort: this.sort });
  }

  /** {low, high} of a number column; null where an end is open. */
  range(column) {
    const [, low, high] = this.between.find((range) => range.startsWith(`${column}:`))?.split(":") ?? [];
    return { low: low ? Number(low) : null, high: high ? Number(high) : null };
  }

  /** With another range of a column, or none. */
  withRange(column, low, high) {
    const others = this.between.filter((range) => !range.startsWith(`${column}:`));
    return this.with({ between: low === null && high === null ? others : [...others, `${column}:${low ?? ""}:${high ?? ""}`] });
  }

  /** Values by name, as URLs have them; what is left at its default is null or an empty list. */
  get parameters() {
    const { search, sort, ...others } = this;
    return { ...others, search: search.trim() || null, sort: sort === DEFAULT_SORT ? null : sort };
  }

  /** The same for the same clips in the same order. */
  get key() {
    return JSON.stringify(this.parameters);
  }

  /** Whether clips may be left out. */
  get filters() {
    return this.search.trim() !== "" || this.filtersBesidesSearch;
  }

  get filtersBesidesSearch() {
    return LISTS.some((name) => this[name].length > 0) || BOUNDS.some((name) => this[name] !== null);
  }

  get column() {
    return this.sort.replace(/^-/, "");
  }

  get descending() {
    return this.sort.startsWith("-");
  }
}

/** Names of the parameters of a URL. */
export const QUERY_NAMES = Object.keys(new ClipQuery().parameters);
