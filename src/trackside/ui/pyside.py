"""Keeps PySide from reading the source of everything that is imported after it.

PySide hooks every import to see whether the module's text has “PySide6” in it, for `from __feature__ import
snake_case` and the like. That reads 160 files with `inspect.getsource`, whose cache keeps them: a fifth of
the start's processor time and 6 MB (PySide6 6.11.3). Nobody here uses these features, and there is no switch.
"""

import sys
from types import ModuleType

import PySide6.QtCore  # noqa: F401 -- brings shibokensupport along


def leave_sources_alone() -> None:
    """From here on imports cost what they cost without PySide. Where PySide has changed, nothing happens."""
    feature = sys.modules.get("shibokensupport.feature")
    if hasattr(feature, "_mod_uses_pyside"):
        setattr(feature, "_mod_uses_pyside", _has_no_features)  # noqa: B010 -- a module unknown to mypy


def _has_no_features(_module: ModuleType) -> bool:
    return False
