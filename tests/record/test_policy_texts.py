"""Each version of a policy keeps the text it came with."""

from pathlib import Path

from domain.policy.loading import Policies
from journeys.policy_versions import keep_versions
from record.policy_texts import PolicyTexts
from record.store import CaseRecord
from tests.domain.test_policy_check import SOUND


def folder_with(folder: Path, text: str) -> Policies:
    (folder / "own.toml").write_text(text, "utf-8")
    return Policies.load(folder)


def test_a_text_changed_without_a_new_version_is_noticed_and_the_old_one_kept(
    record: CaseRecord, tmp_path: Path
) -> None:
    own = folder_with(tmp_path, SOUND)
    assert keep_versions(record.engine, own) == []
    assert keep_versions(record.engine, own) == [], "the same again"

    [words] = keep_versions(
        record.engine, folder_with(tmp_path, SOUND.replace("working_days = 10", "working_days = 12"))
    )
    assert "other there: first-review (due). Raise its version" in words
    assert [one.text for one in PolicyTexts(record.engine).kept() if one.policy == "newtown"] == [SOUND]

    raised = SOUND.replace("working_days = 10", "working_days = 12").replace('version = "1"', 'version = "2"')
    assert keep_versions(record.engine, folder_with(tmp_path, raised)) == []
