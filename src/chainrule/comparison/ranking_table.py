"""A comparison as a table in text: means with their spread, and what stands in doubt."""

from __future__ import annotations

import math

from chainrule.comparison.ranking import IN_ARCHITECTURE, LEVEL, Ranking
from chainrule.comparison.significance import Difference
from chainrule.report.wording import count, duration, listed, table

#: Short names of parameters, for the table's head.
_SHORT = {"learning_rate_init": "rate"}


def lines(ranking: Ranking) -> list[str]:
    """Return the table in text, the best first."""
    varied = [key for key in next(iter(ranking.factors.values())) if key not in IN_ARCHITECTURE]
    heads = ["", "architecture", *(_SHORT.get(key, key) for key in varied)]
    rows = [
        [
            *heads,
            "parameters",
            "seconds",
            f"validation {ranking.score_name}",
            "validation loss",
            "beside the best",
        ]
    ]
    for row in ranking.frame.to_dict("records"):
        rows.append(
            [
                str(row["rank"]),
                row["architecture"],
                *(str(row[key]) for key in varied),
                f"{row['parameters']:,}",
                _spread(row["seconds"], row["seconds_spread"], 2),
                _spread(row["score"], row["score_spread"], 4),
                _spread(row["loss"], row["loss_spread"], 5),
                verdict(ranking, row["candidate"]),
            ]
        )
    first = 2 + len(varied)
    return table(rows, right=(0, *range(first, first + 4)))


def verdict(ranking: Ranking, name: str) -> str:
    """Say how a candidate stands beside the best."""
    found: Difference = ranking.differences[name]
    if name == ranking.best:
        return "best"
    if math.isnan(found.mean):
        return "no score"
    if math.isnan(found.p):
        return f"{found.mean:+.4f}, noise unknown"
    p = "p < .001" if found.p < 0.001 else f"p = {found.p:.3f}".replace("0.", ".", 1)
    if found.p >= LEVEL:
        gaps = ranking.values(ranking.best, "score") - ranking.values(name, "score")
        often = f", behind in {(gaps > 0).sum()} of {len(gaps)}" if len(gaps) > 1 else ""
        return f"within noise ({p}{often})"
    return f"{found.mean:+.4f} ({p})"


def remarks(ranking: Ranking) -> list[str]:
    """Return what limits these numbers, one sentence each."""
    c = ranking.comparison
    n_seeds = len({trial.seed for trial in c.trials})
    if c.n_folds:
        how = f"{count(c.n_folds, 'fold')} of about {c.n_validation:,} rows and {count(n_seeds, 'seed')}"
    else:
        how = f"{count(n_seeds, 'seed')} on the same {c.n_train:,} training and {c.n_validation:,} validation rows"
    several = n_seeds > 1 or c.n_folds
    text = [f"Means over {how}, ± standard deviation." if several else f"Trained with {how}."]
    if len(ranking.ranked) > 1:
        test = (
            "corrected resampled t-test over folds"
            if c.n_folds
            else "paired test over seeds and validation rows"
        )
        titles, noise = ranking.titles(), ranking.within_noise
        same = [titles[name] for name in ranking.ranked[1:] if noise[name]]
        says = listed(same) if same else "none"
        text.append(f"Within noise of the best ({test}, Holm, 5 %): {says}.")
    text.append(
        f"All in {duration(c.seconds)}; the table has seconds of processor time. The validation rows also chose each "
        "training's best epoch, so these scores flatter all alike: test the one you choose on other rows."
    )
    return text


def _spread(mean: float, spread: float, digits: int) -> str:
    if not math.isfinite(mean):
        return "-"
    return f"{mean:.{digits}f}" + (f" ± {spread:.{digits}f}" if math.isfinite(spread) else "")
