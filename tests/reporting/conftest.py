"""One synthetic caseload for all tests of the report's numbers."""

from collections.abc import Iterator

import pytest

from delivery.case_now import CaseNow, Cases
from domain.case.documents import parse_event
from domain.case.facts import Known
from record.store import CaseRecord
from reporting.kept import span_of
from reporting.report import Report, ReportOf
from tests.reporting.lived import NOW, POLICIES, POLICY, TODAY, keeper, live_caseload


@pytest.fixture(scope="package")
def record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaseRecord]:
    record = CaseRecord.open(f"sqlite:///{tmp_path_factory.mktemp('report')}/record.db")
    live_caseload(record, 16, TODAY)
    keeper(record).renew_all()
    yield record
    record.close()


@pytest.fixture(scope="package")
def made(record: CaseRecord) -> Report:
    return ReportOf(record, POLICIES).report(span_of(TODAY, None, NOW), NOW)


@pytest.fixture(scope="package")
def cases(record: CaseRecord) -> list[CaseNow]:
    """The children's cases as the lists and pages have them: nothing of the report's own."""
    worked_out = Cases(POLICIES, POLICY)
    histories = record.histories(record.children())
    known = {child: [Known(parse_event(one.event), one.known_at) for one in own] for child, own in histories.items()}
    each = [worked_out.at(child, own, NOW) for child, own in known.items()]
    return [case for case in each if case is not None]
