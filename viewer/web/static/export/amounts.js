// Amounts in words.

/** 90 -> "2 min" */
export function duration(seconds) {
  if (seconds < 55) return `${Math.max(Math.round(seconds), 1)} s`;
  if (seconds < 3570) return `${Math.round(seconds / 60)} min`;
  const hours = seconds / 3600;
  return hours < 10 ? `${hours.toFixed(1)} h` : `${Math.round(hours)} h`;
}

/** 1234567 -> "1.2 MB" */
export function size(bytes) {
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1000;
  while (value >= 999.5 && units.length > 1) {
    value /= 1000;
    units.shift();
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[0]}`;
}

/** 1 -> "1 clip" */
export function clips(count) {
  return `${count.toLocaleString("en")} ${count === 1 ? "clip" : "clips"}`;
}
