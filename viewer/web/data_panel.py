"""The page's panel about the data set as a whole: numbers, and histograms that are drawn when it is opened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import gradio as gr

from viewer.web.data_facts import DataFacts

if TYPE_CHECKING:
    from gradio.components.plot import PlotData

# The panel may be open from the start, and the page may turn dark or light while it is.
_TELL = """import(new URL('viewer/static/page.js', document.baseURI).href).then(({ store }) => {
  const tell = () => { if (store.panel === "data") trigger("opened"); };
  store.opened.then(tell);
  store.addEventListener("panel", tell);
  element.addEventListener("redraw", tell);
});"""
_SHOWN = "() => [document.body.classList.contains('dark'), new URLSearchParams(location.search).get('data') ?? '']"


def add_data_panel(facts: Mapping[str, DataFacts]) -> None:
    """Add the panel to the page that is being made. facts: of each data set by its key; the first stands for ''."""
    with gr.Column(elem_id="fv-data"):
        panel = gr.HTML(html_template="<data-facts></data-facts>", js_on_load=_TELL)
        with gr.Row(elem_id="fv-plots"):
            plots = []
            for name in ("Duration", "Words", "Jaw"):
                with gr.Column(elem_classes="fv-plot"):
                    gr.HTML(html_template=f"<h3>{name}</h3>")
                    plots.append(gr.Plot(show_label=False, container=False))
        dark = gr.Checkbox(visible=False)
        chosen = gr.Textbox(visible=False)

    def draw(is_dark: bool, key: str) -> list[PlotData]:
        # Plotly takes a second to import, for which the page's start need not wait.
        from viewer.web.plots import histogram_plot

        data = facts.get(key) or next(iter(facts.values()))
        jaw = data.jaw()
        sampled = "all" if len(jaw.degrees) == jaw.clips else f"a sample of {len(jaw.degrees):,}"
        return [
            histogram_plot(data.histogram("seconds"), title="seconds", unit="s", dark=is_dark),
            histogram_plot(data.histogram("words"), title="words of the transcript", unit="words", dark=is_dark),
            histogram_plot(
                jaw.histogram(),
                title=f"widest opening in degrees, {sampled} of {jaw.clips:,} clips",
                unit="°",
                dark=is_dark,
            ),
        ]

    panel.opened(draw, [dark, chosen], plots, js=_SHOWN, show_progress="hidden", api_visibility="private")
