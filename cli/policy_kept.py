"""Whether a policy's text is the one that the service here keeps of its version, where there is a service's record."""

from collections.abc import Iterable
from pathlib import Path

from domain.policy.loading import PolicyFile


def not_raised_here(read: Iterable[tuple[PolicyFile, str]]) -> list[str]:
    """In words, each file that was changed without a new version since the service here first read that version.

    Of a record that is not there, or cannot be read now, nothing is said: files are checked without a service too.
    """
    # A check of files alone needs neither settings nor a database: they are loaded where a record is.
    from cli.running import settings
    from service.locate import record_of_service

    url = record_of_service(settings())
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return []

    from delivery.policy_versions import not_raised
    from record.failures import RecordUnavailable
    from record.policy_texts import PolicyTexts
    from record.store import CaseRecord

    try:
        record = CaseRecord.open(url)
        try:
            return list(not_raised(PolicyTexts(record.engine).kept(), read))
        finally:
            record.close()
    except RecordUnavailable:
        return []
