"""What is shipped stands on its own: nothing in it needs what only development installs."""

import subprocess
import sys
from importlib.metadata import packages_distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.shipped import PROJECT, ROOT, shipped

PROGRAM = """
import sys
from importlib import import_module
modules, blocked = (text.split() for text in sys.stdin.read().split(";"))
sys.modules.update(dict.fromkeys(blocked))
for module in modules:
    import_module(module)
"""


def of_development() -> set[str]:
    """What the packages of development are imported as."""
    names = {canonicalize_name(Requirement(one).name) for one in PROJECT["dependency-groups"]["dev"]}
    packages = packages_distributions()
    return {module for module, of in packages.items() if names & {canonicalize_name(one) for one in of}}


def test_every_shipped_module_is_imported_without_the_packages_of_development() -> None:
    blocked = of_development()
    assert {"hypothesis", "pytest", "aiosmtpd"} <= blocked

    given = f"{' '.join(shipped())};{' '.join(blocked)}"
    ran = subprocess.run([sys.executable, "-c", PROGRAM], input=given, cwd=ROOT, capture_output=True, text=True)

    assert ran.returncode == 0, ran.stderr[-600:]
