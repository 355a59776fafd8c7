"""`chainrule fit`: a table in, a trained model out."""

from __future__ import annotations

from chainrule.cli.fit_options import FitOptions
from chainrule.cli.option_fields import command_of


def _fit(o: FitOptions) -> None:
    """Train a perceptron on a table, test it and write it to a file.

    Numbers, categories, booleans, dates and missing values are taken as they are. Part of the rows is held out; the
    scores on it are shown beside those of a trivial baseline. Ctrl-C ends the training and keeps the best weights.

    Example: chainrule fit penguins.csv --target species
    """
    from chainrule.cli.fit_table import fit_table

    fit_table(o)


fit = command_of("fit", FitOptions, _fit)
