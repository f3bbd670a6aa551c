"""What axe complains of on a page, by each rule of its own choice; of contrast for each look of text once a run."""

from pathlib import Path
from typing import Final

from axe_playwright_python.base import AXE_FILE_PATH, AXE_SCRIPT
from playwright.async_api import Page

from tests.fewer import MORE

ASKED: Final = (Path(__file__).parent / "complaints.js").read_text("utf-8")
_sure: set[str] = set()
"""Looks of text that axe has passed in this run: how they are made up says complaints.js."""


async def read_axe_with_every_page(page: Page) -> None:
    """Where most pages of a tab are asked about: Chromium is handed axe once, not with each page."""
    await page.add_init_script(path=AXE_FILE_PATH)


async def complaints(page: Page) -> list[str]:
    """What is wrong, in axe's words; nothing if all is well. `make deep` asks for the contrast of every text."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(AXE_SCRIPT)
    said = await page.evaluate(ASKED, {"sure": sorted(_sure), "thorough": MORE})
    _sure.update(said["legible"])
    wrong: list[str] = said["wrong"]
    return wrong
