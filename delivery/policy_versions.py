"""Policy texts kept under their versions: a text that was changed and whose version was not is noticed."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine

from domain.case import events as ev
from domain.case.calendar import local_date
from domain.case.facts import Known, unvoided
from domain.policy.loading import Policies, PolicyFile, PolicyRefused, read_policy
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


def policies_then(policies: Policies, kept: Sequence[PolicyText], known: Iterable[Known], then: datetime) -> Policies:
    """The policies as a journey had them at an instant; of a version whose text is not kept, as they are today.

    An adoption names the versions. Before any the journey had those that the service had when it began, or, where
    texts were not kept yet by then, the earliest kept.
    """
    # Newtown's version 1 is kept since 5 January 2026, version 2 since 2 March. A journey of the 12th that adopts on
    # 9 March is on the 3rd still by version 1, though the service has read version 2.
    by_then = unvoided([one for one in known if one.known_at <= then])
    named = _versions_named([one.event for one in by_then])
    began = min((one.known_at for one in by_then), default=then)
    for policy_id in {one.policy for one in kept}:
        own = [one for one in kept if one.policy == policy_id]
        fitting = [one for one in own if one.version == named[policy_id]] if policy_id in named else own
        had = [one for one in fitting if policy_id in named or one.since <= began][-1:] or fitting[:1]
        for one in had:
            policies = _with_text(policies, one)
    return policies


def _versions_named(events: Iterable[ev.Event]) -> dict[str, str]:
    """The version of each policy that the latest adoption names, such as 1 of newtown and 2 of the law."""
    adopted = [event.version for event in events if isinstance(event, ev.PolicyAdopted) and event.version]
    parts = (part.partition("@") for part in (adopted[-1].split("+") if adopted else ()))
    return {policy: version for policy, _, version in parts}


def _with_text(policies: Policies, kept: PolicyText) -> Policies:
    """These policies with one as it was; a text that this program no longer reads changes nothing."""
    if policies.texts.get(kept.policy) == kept.text:
        return policies
    try:
        changed = policies.with_file(read_policy(f"{kept.policy} {kept.version}", kept.text), kept.text)
        changed.resolve(kept.policy)
    except PolicyRefused:
        return policies
    return changed
