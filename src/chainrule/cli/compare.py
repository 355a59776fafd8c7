"""`chainrule compare`: several networks on one table, ranked."""

from __future__ import annotations

from chainrule.cli.compare_options import CompareOptions
from chainrule.cli.option_fields import command_of


def _compare(o: CompareOptions) -> None:
    """Train several networks on the same rows of a table and rank them.

    Every combination of --hidden, --activation, --solver and --learning-rate is trained once for each seed. The table
    shows means with their spread, and says which differences are within noise. The best is then tested on rows that
    took no part.

    Example: chainrule compare penguins.csv --target species --hidden 64 --hidden 128 --hidden 64,32
    """
    from chainrule.cli.compare_table import compare_table

    compare_table(o)


compare = command_of("compare", CompareOptions, _compare)
