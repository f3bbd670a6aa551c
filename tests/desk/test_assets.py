"""The packed style: of MOJ Frontend one component is there, so whoever writes another into a template is told."""

import re
from pathlib import Path

import desk

FOLDER = Path(desk.__file__).parent


def test_what_templates_have_of_moj_frontend_is_packed() -> None:
    pages = [page.read_text("utf-8") for page in (FOLDER / "templates").rglob("*.html")]
    written = {name for page in pages for name in re.findall(r"[\"' ](moj-[\w-]+)", page)}
    style = (FOLDER / "assets" / "moj-frontend.min.css").read_text("utf-8")
    assert written
    assert written <= set(re.findall(r"\.(moj-[\w-]+)", style))
