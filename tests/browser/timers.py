"""Scripts for a page that is to be before others: what it puts off is not waited for."""

# Pauses of a second and more are a tenth as long; the page's own are noted, in milliseconds, as it asked for them.
IMPATIENT = """
  window.pauses = [];
  const after = window.setTimeout;
  window.setTimeout = (run, milliseconds = 0, ...rest) => {
    if (milliseconds < 1000) return after(run, milliseconds, ...rest);
    pauses.push(milliseconds);
    return after(run, milliseconds / 10, ...rest);
  };"""

# The time to read why a clip cannot be shown, before autoplay goes on, lasts until the test calls `readOn()`, which
# gives the number of those that were waited for.
HOLD = """
  const held = new Map(), after = window.setTimeout, forget = window.clearTimeout;
  let last = 0;
  window.setTimeout = (run, milliseconds = 0, ...rest) => {
    if (milliseconds !== 3000) return after(run, milliseconds, ...rest);
    held.set((last -= 1), run);
    return last;
  };
  window.clearTimeout = (id) => held.delete(id) || forget(id);
  window.readOn = () => {
    const runs = [...held.values()];
    held.clear();
    runs.forEach((run) => run());
    return runs.length;
  };"""
