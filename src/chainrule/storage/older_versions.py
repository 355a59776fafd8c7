"""Model files of older versions: the fields of each become those of the next, up to today's.

Whoever changes what a model file holds raises ``VERSION`` and adds to ``UPGRADES`` the step from the version before.
A step takes what stood in the file, of which only the digest is known to be right, and returns what stands there now:

>>> def no_info(plain):  # suppose that version 2 had no "info"
...     return {name: value for name, value in plain.items() if name != "info"}
>>> upgraded({"kind": "regressor", "info": {}}, 1, {1: no_info})
{'kind': 'regressor'}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Upgrade = Callable[[dict[str, Any]], dict[str, Any]]

#: Of the files that are written now.
VERSION = 1
#: From version v to version v + 1, for every v below ``VERSION``.
UPGRADES: dict[int, Upgrade] = {}


def upgraded(
    plain: dict[str, Any], version: int, upgrades: Mapping[int, Upgrade] | None = None
) -> dict[str, Any]:
    """Return the fields of a file of an older version as today's; those of today's version as they are.

    Parameters
    ----------
    plain : dict
        What stood in the file's JSON.
    version : int
        The file's.
    upgrades : mapping, optional
        Other steps than ``UPGRADES``.
    """
    steps = UPGRADES if upgrades is None else upgrades
    while version in steps:
        plain, version = steps[version](plain), version + 1
    return plain
