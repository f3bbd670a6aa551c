"""Pictures of the desk for the README, made from a demo that runs.

make demo                                    (in another terminal; it says where the desk is)
python -m tools.pictures http://127.0.0.1:PORT/desk
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import Page, sync_playwright

FOLDER: Final = Path(__file__).parents[1] / "docs" / "pictures"
CHROMIUM: Final = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SCREEN: Final[dict[str, int]] = {"width": 1020, "height": 1180}
"""As wide as a page's text with little beside it, and a screen and a bit high (ours: for a README)."""
LARGEST: Final = 150_000
"""Bytes of a picture (ours: it is loaded by everybody who looks at the README)."""


def take_pictures(desk: str) -> None:
    """My children as the demo's social worker has them, and the most pressing of them."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": SCREEN["width"], "height": SCREEN["height"]})
        page.goto(f"{desk}/sign-in")
        page.get_by_role("button", name="Social worker").click()
        page.goto(f"{desk}/my-children")
        _take(page, "my-children")
        page.get_by_role("rowheader").get_by_role("link").first.click()
        page.wait_for_load_state()
        _take(page, "child")
        browser.close()


def _take(page: Page, name: str) -> None:
    file = FOLDER / f"{name}.png"
    FOLDER.mkdir(exist_ok=True)
    size = len(page.screenshot(path=file))
    if size > LARGEST:
        raise SystemExit(f"{file.name} has {size} bytes; accepted: up to {LARGEST}")


if __name__ == "__main__":
    if len(sys.argv) != 2 or not sys.argv[1].startswith("http"):
        raise SystemExit("python -m tools.pictures ADDRESS: where the desk of a running demo is, without a slash")
    take_pictures(sys.argv[1].rstrip("/"))
