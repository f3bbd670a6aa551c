"""Which tables and columns of an SSD are read, and what each becomes: data, to be held beside the dataset's own list.

docs/ssd.md has it as a table, made from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["id", "day", "code", "flag", "text"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how its cells are read, and what becomes of them. `needed`: without it nothing would be right."""

    name: str
    kind: Kind
    becomes: str
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Mapped:
    """A table. `key`: the column its rows are known by and read in order of; `child`: the one that says whose it is."""

    name: str
    key: str
    child: str
    columns: tuple[Column, ...]
    needed: bool = False

    @property
    def by_name(self) -> Mapping[str, Column]:
        """Its columns by their names."""
        return {column.name: column for column in self.columns}


def _table(name: str, child: str, *columns: Column, needed: bool = False) -> Mapped:
    """A table whose first column is the key of its rows."""
    return Mapped(name, columns[0].name, child, columns, needed)


def _id(name: str, becomes: str, *, needed: bool = False) -> Column:
    return Column(name, "id", becomes, needed)


def _day(name: str, becomes: str, *, needed: bool = False) -> Column:
    return Column(name, "day", becomes, needed)


def _code(name: str, becomes: str, *, needed: bool = False) -> Column:
    return Column(name, "code", becomes, needed)


WHOSE: Final = "whose it is"
PERIOD: Final = "the period of care it is of"
OWN: Final = "the row's own name in the ids of its events"

TABLES: Final = (
    _table(
        "ssd_person", "pers_person_id",
        _id("pers_person_id", "the child's reference", needed=True),
        _day("pers_dob", "`date_of_birth`", needed=True),
        _day("pers_expected_dob", "`expected_on` of `pre_proceedings_started`, of a child not yet born"),
        _day("pers_death_date", "`ceased_to_be_looked_after` E2, if no episode says how care ended"),
        Column("pers_is_mother", "flag", "a mother is no sister of a child twelve years younger in one family"),
        needed=True,
    ),
    _table(
        "ssd_cla_episodes", "clae_person_id",
        _id("clae_cla_episode_id", OWN, needed=True),
        _id("clae_person_id", WHOSE, needed=True),
        _day("clae_cla_episode_start_date", "`became_looked_after`, of the first of a period", needed=True),
        _code("clae_cla_episode_start_reason", "S begins a period; T and U keep the carers", needed=True),
        _day("clae_cla_episode_ceased_date", "the day of the ending", needed=True),
        _code("clae_cla_episode_ceased_reason", "the ending: an order, or `ceased_to_be_looked_after`", needed=True),
        _id("clae_cla_id", PERIOD),
        _day("clae_entered_care_date", "`became_looked_after`, where the first episode known does not begin care"),
        needed=True,
    ),
    _table(
        "ssd_legal_status", "lega_person_id",
        _id("lega_legal_status_id", OWN, needed=True),
        _id("lega_person_id", WHOSE, needed=True),
        _code("lega_legal_status",
              "`legal_status` of the entry, then `legal_status_changed`; E1 `placement_order_made`; "
              "from E1 to another `placement_order_revoked`; from C1 to C2 or E1 `care_proceedings_concluded`",
              needed=True),
        _day("lega_legal_status_start_date", "the day of it", needed=True),
        _day("lega_legal_status_end_date", "until when it stood", needed=True),
        needed=True,
    ),
    _table(
        "ssd_cla_placement", "clap_person_id",
        _id("clap_cla_placement_id", OWN, needed=True),
        _id("clap_person_id", WHOSE, needed=True),
        _day("clap_cla_placement_start_date", "the day of it", needed=True),
        _code("clap_cla_placement_type",
              "into A3 to A6 `placed_for_adoption`, with A3 and A4 `placement_consent_given`; out of them "
              "`adoption_placement_ended`", needed=True),
        _day("clap_cla_placement_end_date", "until when it stood"),
    ),
    _table(
        "ssd_cla_reviews", "clar_cla_person_id",
        _id("clar_cla_review_id", OWN, needed=True),
        _id("clar_cla_id", PERIOD + ", and so whose", needed=True),
        _id("clar_cla_person_id", WHOSE + ", where there is this column, which is not in every SSD"),
        _day("clar_cla_review_date", "`review_held`; one to come is passed over", needed=True),
        Column("clar_cla_review_cancelled", "flag", "Y: passed over", needed=True),
        _code("clar_cla_review_participation", "`participation` of `review_held`"),
    ),
    _table(
        "ssd_permanence", "perm_person_id",
        _id("perm_table_id", OWN, needed=True),
        _id("perm_person_id", WHOSE, needed=True),
        _day("perm_adm_decision_date", "`adm_decision_made`, should be placed"),
        _day("perm_decision_reversed_date", "`adm_decision_made`, should not be placed"),
        _code("perm_decision_reversed_reason", "its note"),
        _day("perm_placement_order_date", "`placement_order_made`, where no legal status is E1"),
        _day("perm_matched_date", "`matched`"),
        _day("perm_placed_for_adoption_date", "`placed_for_adoption`, where no placement is A3 to A6"),
        _day("perm_permanence_order_date", "the day of the order, where no episode says how care ended"),
        _code("perm_permanence_order_type",
              "`adoption_order_made`, `special_guardianship_order_made` or `child_arrangements_order_made`"),
    ),
    _table(
        "ssd_cla_care_plan", "lacp_person_id",
        _id("lacp_table_id", OWN, needed=True),
        _id("lacp_person_id", WHOSE, needed=True),
        _day("lacp_cla_care_plan_start_date", "`care_plan_updated`", needed=True),
        Column("lacp_cla_care_plan_json", "text", "`plan_changed`, where the plan is another than before"),
    ),
    _table(
        "ssd_pre_proceedings", "prep_person_id",
        _id("prep_table_id", OWN, needed=True),
        _id("prep_person_id", WHOSE, needed=True),
        _day("prep_pre_pro_decision_date", "`pre_proceedings_started`"),
        _code("prep_pre_pro_outcome", "to issue: `care_proceedings_issued`; to step down: a doubt"),
        _day("prep_agree_stepdown_issue_date", "the day of that"),
    ),
    _table(
        "ssd_family", "fami_person_id",
        _id("fami_table_id", "the order of reading"),
        _id("fami_family_id", "`siblings` of the entry, `siblings_changed` when another enters care", needed=True),
        _id("fami_person_id", WHOSE, needed=True),
    ),
    _table(
        "ssd_involvements", "invo_person_id",
        _id("invo_involvements_id", OWN, needed=True),
        _id("invo_person_id", WHOSE, needed=True),
        _id("invo_professional_id", "who", needed=True),
        _code("invo_professional_role_id", "`role` of `person_assigned`", needed=True),
        _id("invo_professional_team", "`team` of the entry: the social worker's of today"),
        _day("invo_involvement_start_date", "`person_assigned`", needed=True),
        _day("invo_involvement_end_date", "until when; who held the role before holds it again"),
        _code("invo_worker_change_reason", "ABSENC: it says so in its note"),
    ),
    _table(
        "ssd_professionals", "",
        _id("prof_professional_id", "who", needed=True),
        _id("prof_staff_id", "`contact`: the key of that person in your directory", needed=True),
    ),
    _table(
        "ssd_department", "",
        _id("dept_team_id", "which team", needed=True),
        Column("dept_team_name", "text", "its name in `team`", needed=True),
    ),
)  # fmt: skip

BY_NAME: Final = {table.name: table for table in TABLES}

CARRIED: Final = frozenset(
    {
        "adm_decision_made",
        "adoption_order_made",
        "adoption_placement_ended",
        "became_looked_after",
        "care_plan_updated",
        "care_proceedings_concluded",
        "care_proceedings_issued",
        "ceased_to_be_looked_after",
        "child_arrangements_order_made",
        "legal_status_changed",
        "matched",
        "person_assigned",
        "placed_for_adoption",
        "placement_consent_given",
        "placement_order_made",
        "placement_order_revoked",
        "plan_changed",
        "policy_adopted",
        "pre_proceedings_started",
        "review_held",
        "siblings_changed",
        "special_guardianship_order_made",
    }
)
"""The types of event that an SSD can tell of; of meetings and their papers it knows nothing."""
