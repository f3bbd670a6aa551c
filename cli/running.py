"""What the commands that need the service begin with: its settings."""

from pydantic import ValidationError

from cli.errors import Refused
from service.settings import Settings


def settings() -> Settings:
    """The settings of the environment. Raises Refused naming the variable that is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(
            f"PERMANENCE_{'_'.join(map(str, e['loc'])).upper()}: {e['msg'].removeprefix('Value error, ')}"
            for e in error.errors()
        )
        raise Refused(wrong) from None
