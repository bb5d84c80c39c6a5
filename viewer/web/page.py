"""The page as Gradio lays it out: three columns, the view settings, and the places where the own elements go."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr

from viewer import looks
from viewer.web.data_facts import DataFacts
from viewer.web.data_panel import add_data_panel
from viewer.web.view import View

SIZES = (256, 384, 512, 768, 1024)

# Each snippet loads the same module: a browser runs it once. Relative to the page, so that it works behind a proxy
# that strips a prefix.
_MODULE = "import(new URL('viewer/static/page.js', document.baseURI).href)"
_LOAD = f"{_MODULE};"
_SET_VIEW = f"(look, camera, size) => {{ {_MODULE}.then(({{ store }}) => store.setView({{ look, camera, size }})); }}"
_READ_VIEW = f"""async () => {{
  const {{ store }} = await {_MODULE};
  await store.opened;
  return [store.view.look, store.view.camera, String(store.view.size)];
}}"""
# The back button and the player change the view without the dropdowns: they are told by an event of their own.
_TELL_VIEW = f"""{_MODULE}.then(({{ store }}) => {{
  store.addEventListener("view", ({{ detail }}) => {{ if (detail.by !== "form") trigger("navigated"); }});
}});"""


def make_page(view: View, facts: Mapping[str, DataFacts], *, title: str) -> gr.Blocks:
    """The page; `view` is what a URL without settings of its own shows, `facts` those of the data sets by key."""
    sizes = sorted({*SIZES, view.size})
    with gr.Blocks(title=title, fill_width=True, analytics_enabled=False) as page:
        with gr.Column(elem_id="fv-shell"):
            gr.HTML(html_template="<viewer-header></viewer-header>", js_on_load=_LOAD, elem_id="fv-header")
            with gr.Row(elem_id="fv-columns"):
                with gr.Column(elem_id="fv-list"):
                    gr.HTML(html_template="<clip-list></clip-list>", js_on_load=_LOAD)
                with gr.Column(elem_id="fv-stage"):
                    stage = gr.HTML(html_template="<clip-stage></clip-stage>", js_on_load=_TELL_VIEW)
                with gr.Column(elem_id="fv-facts"):
                    with gr.Row(elem_id="fv-view"):
                        look = gr.Dropdown(list(looks.LOOKS), value=view.look, label="Look", filterable=False)
                        camera = gr.Dropdown(list(looks.CAMERAS), value=view.camera, label="Camera", filterable=False)
                        size = gr.Dropdown(
                            [(f"{size} px", str(size)) for size in sizes],
                            value=str(view.size),
                            label="Size",
                            filterable=False,
                        )
                    gr.HTML(html_template="<fact-sheet></fact-sheet>", js_on_load=_LOAD)
                add_data_panel(facts)
        settings = [look, camera, size]
        for setting in settings:
            setting.input(None, settings, None, js=_SET_VIEW)
        page.load(None, None, settings, js=_READ_VIEW)
        stage.navigated(None, None, settings, js=_READ_VIEW)
    return page


def make_theme() -> gr.themes.Base:
    """Gradio's plainest theme in the page's colours, with fonts of the system: nothing is fetched from elsewhere."""
    return gr.themes.Base(
        font=["system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
        radius_size="sm",
        text_size="sm",
    ).set(
        body_background_fill="var(--fv-page)",
        body_background_fill_dark="var(--fv-page)",
        body_text_color="var(--fv-text)",
        body_text_color_dark="var(--fv-text)",
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_label_text_color="var(--fv-muted)",
        block_label_text_color_dark="var(--fv-muted)",
        input_background_fill="var(--fv-field)",
        input_background_fill_dark="var(--fv-field)",
        input_border_color="var(--fv-line)",
        input_border_color_dark="var(--fv-line)",
        color_accent="var(--fv-accent)",
    )
