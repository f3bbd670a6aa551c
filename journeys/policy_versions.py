"""Policy texts kept under their versions: a text that was changed and whose version was not is noticed."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from sqlalchemy import Engine

from domain.case.calendar import local_date
from domain.policy.loading import Policies, PolicyFile
from domain.policy.versions import version_not_raised
from record.policy_texts import PolicyText, PolicyTexts


def keep_versions(engine: Engine, policies: Policies) -> list[str]:
    """Keep the text of each version that is new; in words, each policy that has another than is kept.

    Raises RecordUnavailable.
    """
    texts = PolicyTexts(engine)
    now = datetime.now(UTC)
    read = [(policies.file(policy_id), text) for policy_id, text in policies.texts.items()]
    texts.keep([PolicyText(file.id, file.version, text, now) for file, text in read])
    return list(not_raised(texts.kept(), read))


def not_raised(kept: Iterable[PolicyText], read: Iterable[tuple[PolicyFile, str]]) -> Iterator[str]:
    """In words, each policy file whose text is another than the one kept of its version."""
    by_version = {(one.policy, one.version): one for one in kept}
    for file, text in read:
        one = by_version.get((file.id, file.version))
        if one and (words := version_not_raised(one.text, text, local_date(one.since))):
            yield words
