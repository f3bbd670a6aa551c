"""What axe complains of on a page: every rule that it has by itself, and each look of text for its contrast once a run."""

from functools import cache
from pathlib import Path
from typing import Final

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.async_api import Page

from tests.fewer import MORE

ASKED: Final = (Path(__file__).parent / "complaints.js").read_text("utf-8")
_sure: set[str] = set()
"""Looks of text that axe has passed in this run: how they are made up says complaints.js."""


async def complaints(page: Page) -> list[str]:
    """What is wrong, in axe's words; nothing if all is well. `make deep` asks for the contrast of every text."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_axe())
    said = await page.evaluate(ASKED, {"sure": sorted(_sure), "thorough": MORE})
    _sure.update(said["legible"])
    wrong: list[str] = said["wrong"]
    return wrong


@cache
def _axe() -> str:
    return AXE_FILE_PATH.read_text("utf-8")
