"""`chainrule fit`: a table in, a trained model out."""

from __future__ import annotations

from chainrule.cli.fit_options import FitOptions
from chainrule.cli.option_fields import command_of


def _fit(o: FitOptions) -> None:
    """Train perceptrons on a table, test them and write them to a file.

    Numbers, categories, booleans, dates and missing values are taken as they are. Part of the rows is held out; the
    scores on it are shown beside those of a trivial baseline. With an option that is about one network one is trained,
    and Ctrl-C keeps its best weights.

    Example: chainrule fit penguins.csv --target species
    """
    from chainrule.cli.fit_table import fit_table

    fit_table(o)


fit = command_of("fit", FitOptions, _fit)
