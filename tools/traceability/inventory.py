"""The inventory: every sentence of both procedures by place, modal words and fingerprint; their words are not kept."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tools.traceability.sentences import Sentence, sentences

FILE: Final = Path(__file__).with_name("inventory.json")
SOURCES: Final = {"S1": "000_b6c84142beb68a7c.txt", "S2": "004_9eaf9b68755f6fa9.txt"}
"""The procedures by the names the policy files use, and the files that hold them."""


def read_sources(folder: Path) -> list[tuple[Sentence, str]]:
    """Every sentence of the procedures in a folder, with its words."""
    read = []
    for source, name in SOURCES.items():
        read += list(sentences(source, (folder / name).read_text("utf-8")))
    return read


def inventory() -> list[Sentence]:
    """The sentences as they were when the inventory was last written."""
    rows = json.loads(FILE.read_text("utf-8"))
    return [Sentence(**{**row, "modals": tuple(row["modals"])}) for row in rows]


def write_inventory(folder: Path) -> int:
    """Write the inventory anew from the procedures in a folder; how many sentences there are."""
    inventory = [asdict(sentence) for sentence, _ in read_sources(folder)]
    lines = ",\n".join(json.dumps(row) for row in inventory)
    FILE.write_text(f"[\n{lines}\n]\n", "utf-8")
    return len(inventory)
