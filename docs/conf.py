"""Sphinx settings. Warnings are errors, see `make docs`."""

import sys
from pathlib import Path

from pygments.lexers.special import TextLexer
from sphinx.application import Sphinx

from csdesk import __version__

sys.path.insert(0, str(Path(__file__).parent))

project = "csdesk"
author = "the csdesk authors"
copyright = f"2026, {author}"  # noqa: A001 - Sphinx asks for this name
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "_ext.api", "_ext.docstrings"]
exclude_patterns = ["_build", "reference/api/index.md"]
html_theme = "furo"
html_title = f"csdesk {release}"

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# The types stand in the signature; parameters are listed only where a docstring has something to add.
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_member_order = "bysource"
autodoc_default_options = {
    "members": True,
    "undoc-members": True,
    "exclude-members": "model_config,__init__,__new__,__weakref__",
}
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # autodoc describes the attributes already

# A field named `type` or a second `Clock` is no mistake: generated pages look up short names, and one of them is shown.
suppress_warnings = ["ref.python"]


def setup(app: Sphinx) -> None:
    """Show drawings in mermaid as their text: repository browsers draw them."""
    app.add_lexer("mermaid", TextLexer)
