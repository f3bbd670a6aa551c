"""Each version of a policy keeps the text it came with."""

from pathlib import Path

from delivery.policy_versions import keep_versions, policies_then
from domain.case.facts import Known
from domain.policy.loading import Policies, read_policy
from record.policy_texts import PolicyText, PolicyTexts
from record.store import CaseRecord
from tests.domain.story import events, london, policies
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


def test_a_journey_is_explained_by_the_version_that_it_had_and_not_by_what_the_service_read_since() -> None:
    second = SOUND.replace("working_days = 10", "working_days = 12").replace('version = "1"', 'version = "2"')
    kept = [
        PolicyText("newtown", "1", SOUND, london("2026-01-05")),
        PolicyText("newtown", "2", second, london("2026-03-02")),
    ]
    now = policies().with_file(read_policy("newtown.toml", second))
    version = now.resolve("newtown").version
    story = f"2026-01-12 became_looked_after\n2026-03-09 policy_adopted policy=newtown version={version}"
    known = [Known(event, event.known_from) for event in events(story)]

    def version_on(day: str) -> str:
        return policies_then(now, kept, known, london(day, "23:00")).resolve("newtown").own_version

    assert [version_on(day) for day in ("2026-02-02", "2026-03-03", "2026-03-09")] == ["1", "1", "2"]
    unreadable = [PolicyText("newtown", "1", "no = policy", london("2026-01-05"))]
    assert policies_then(now, unreadable, known, london("2026-02-02")).resolve("newtown").own_version == "2"
