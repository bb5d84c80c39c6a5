"""The page in the browser: a Gradio shell, own routes, own elements."""
