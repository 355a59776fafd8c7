"""The models that are compared, each with what a user of it would do, and no more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


def _numbers_and_categories(X: pd.DataFrame) -> tuple[list[str], list[str]]:
    numbers = [c for c in X if pd.api.types.is_numeric_dtype(X[c])]
    return numbers, [c for c in X if c not in numbers]


def _as_categories(X: pd.DataFrame) -> pd.DataFrame:
    return X.assign(**{c: X[c].astype("category") for c in _numbers_and_categories(X)[1]})


class _Fitted:
    """A model, and what it needs to be done to a table first."""

    def __init__(self, model: Any, convert: Callable[[pd.DataFrame], Any] = lambda X: X) -> None:
        self.model, self.convert = model, convert

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> _Fitted:
        self.model.fit(self.convert(X), y)
        return self

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.model.predict(self.convert(X)))

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        return np.asarray(self.model.predict_proba(self.convert(X)))


def _histogram_boosting(X: pd.DataFrame, classifies: bool, seed: int) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    categories = _numbers_and_categories(X)[1]
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=254,
    )
    encode = make_column_transformer((codes, categories), remainder="passthrough")
    kind = HistGradientBoostingClassifier if classifies else HistGradientBoostingRegressor
    return make_pipeline(
        encode, kind(categorical_features=list(range(len(categories))), random_state=seed)
    )


def _mlp_pipeline(X: pd.DataFrame, classifies: bool, seed: int) -> Any:
    from sklearn.compose import TransformedTargetRegressor, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers, categories = _numbers_and_categories(X)
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=64)
    encode = make_column_transformer(
        (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        (one_hot, categories),
    )
    kind = MLPClassifier if classifies else MLPRegressor
    pipeline = make_pipeline(encode, kind(early_stopping=True, random_state=seed))
    return (
        pipeline
        if classifies
        else TransformedTargetRegressor(pipeline, transformer=StandardScaler())
    )


def _lightgbm(X: pd.DataFrame, classifies: bool, seed: int) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    kind = LGBMClassifier if classifies else LGBMRegressor
    return _Fitted(kind(random_state=seed, n_jobs=1, verbose=-1), _as_categories)


def _catboost(X: pd.DataFrame, classifies: bool, seed: int) -> Any:
    from catboost import CatBoostClassifier, CatBoostRegressor

    categories = _numbers_and_categories(X)[1]
    kind = CatBoostClassifier if classifies else CatBoostRegressor
    model = kind(
        random_seed=seed,
        thread_count=1,
        verbose=False,
        allow_writing_files=False,
        cat_features=categories,
    )
    return _Fitted(
        model,
        lambda X: X.assign(
            **{c: X[c].astype(object).fillna("missing").astype(str) for c in categories}
        ),
    )


def _mlp(X: pd.DataFrame, classifies: bool, seed: int) -> Any:
    from chainrule import MLPClassifier, MLPRegressor

    return (MLPClassifier if classifies else MLPRegressor)(random_state=seed, threads=1)


def _table(preset: str) -> Callable[[pd.DataFrame, bool, int], Any]:
    def make(X: pd.DataFrame, classifies: bool, seed: int) -> Any:
        from chainrule.estimators.table.table_classifier import TableClassifier
        from chainrule.estimators.table.table_regressor import TableRegressor

        kind = TableClassifier if classifies else TableRegressor
        return kind(preset, random_state=seed, threads=1)

    return make


BASELINE = "HistGradientBoosting"
MODELS: dict[str, Callable[[pd.DataFrame, bool, int], Any]] = {
    BASELINE: _histogram_boosting,
    "scikit-learn MLP, pipeline": _mlp_pipeline,
    "LightGBM": _lightgbm,
    "CatBoost": _catboost,
    "chainrule MLP": _mlp,
    "chainrule table, fast": _table("fast"),
    "chainrule table": _table("default"),
}
