"""scikit-learn's tools around an estimator: pipelines, searches, clones, routing, parallel work."""

from __future__ import annotations

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import make_column_transformer
from sklearn.ensemble import BaggingClassifier, VotingClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from tests.estimators.cases import QUIET, classes, classifier, quantities, regressor

import chainrule
from chainrule import MLPClassifier, MLPRegressor

X, Y = classes()
XQ, YQ = quantities()


def test_a_pipeline_with_names() -> None:
    frame = pd.DataFrame(X, columns=list("abcd")).assign(kind=np.where(Y > 0, "x", "y"))
    columns = make_column_transformer(
        (StandardScaler(), list("abcd")),
        (OneHotEncoder(sparse_output=False), ["kind"]),
        verbose_feature_names_out=False,
    ).set_output(transform="pandas")
    pipeline = make_pipeline(columns, classifier(max_iter=30)).fit(frame, Y)
    assert pipeline.score(frame, Y) > 0.8
    assert pipeline[-1].feature_names_in_.tolist() == [*"abcd", "kind_x", "kind_y"]
    assert pipeline[:-1].set_output(transform="default").transform(frame).shape == (60, 6)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_a_grid_search(n_jobs: int) -> None:
    grid = {"hidden_layer_sizes": [(3,), (6, 3)], "solver": ["adam", "sgd"]}
    search = GridSearchCV(classifier(engine="reference"), grid, n_jobs=n_jobs, cv=2).fit(X, Y)
    assert search.best_estimator_.hidden_layer_sizes == search.best_params_["hidden_layer_sizes"]
    assert search.predict_proba(X).shape == (60, 3)


def test_cross_validation() -> None:
    for scoring in ("roc_auc_ovr", "neg_log_loss", "accuracy"):
        assert np.isfinite(
            cross_val_score(classifier(max_iter=20), X, Y, cv=3, scoring=scoring)
        ).all()
    assert cross_val_score(regressor(max_iter=60), XQ, YQ, cv=3).mean() > 0.5
    assert cross_val_predict(classifier(), X, Y, cv=3, method="predict_log_proba").shape == (60, 3)


def test_a_clone_has_the_parameters_and_nothing_else() -> None:
    for kind, data in ((MLPClassifier, (X, Y)), (MLPRegressor, (XQ, YQ))):
        settings = {**QUIET, "dropout": 0.2, "callbacks": [print], "activation": "leaky_relu(0.1)"}
        model = kind(**{**settings, "callbacks": None}).fit(*data)
        copy = clone(model)
        assert copy.get_params() == model.get_params()
        assert not hasattr(copy, "theta_")
        assert np.array_equal(copy.fit(*data).theta_, model.theta_)
        assert repr(kind()) == f"{kind.__name__}()"
    assert clone(classifier(random_state=None)).set_params(alpha=0.5).alpha == 0.5


def test_metadata_is_routed() -> None:
    weights = np.linspace(0.0, 1.0, 60)
    with sklearn.config_context(enable_metadata_routing=True):
        model = classifier().set_fit_request(sample_weight=True, X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)
        pipeline.fit(X, Y, sample_weight=weights, X_val=X, y_val=Y)
        scores = cross_validate(
            classifier().set_fit_request(sample_weight=True).set_score_request(sample_weight=True),
            X,
            Y,
            params={"sample_weight": weights},
        )
        assert len(scores["test_score"]) == 5
        classifier().set_partial_fit_request(classes=True, sample_weight=True)
    scaled = StandardScaler().fit_transform(X)
    expected = classifier().fit(scaled, Y, weights, X_val=X, y_val=Y)
    assert np.array_equal(pipeline[-1].theta_, expected.theta_)


def test_meta_estimators() -> None:
    for meta in (
        CalibratedClassifierCV(classifier(), cv=2),
        BaggingClassifier(classifier(), n_estimators=2, random_state=0),
        VotingClassifier([("a", classifier()), ("b", classifier(alpha=1.0))], voting="soft"),
    ):
        assert meta.fit(X, Y).predict_proba(X).shape == (60, 3)
    assert permutation_importance(classifier().fit(X, Y), X, Y, n_repeats=2).importances.shape == (
        4,
        2,
    )


def test_threads_may_fit_side_by_side() -> None:
    import joblib

    def train(seed: int) -> np.ndarray:
        # the list of warnings belongs to the whole process, so each thread leaves it alone
        return np.asarray(classifier(random_state=seed, batch_size=10).fit(X, Y).theta_)

    apart = [train(seed) for seed in range(4)]
    together = joblib.Parallel(n_jobs=2, backend="threading")(
        joblib.delayed(train)(s) for s in range(4)
    )
    assert all(np.array_equal(a, b) for a, b in zip(apart, together, strict=True))


def test_the_warning_of_max_iter_is_scikit_learns_and_points_at_the_caller() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        MLPClassifier((3,), max_iter=2, random_state=0).fit(X, Y)
        MLPClassifier((3,), max_iter=2, batch_size=1000, random_state=0).fit(X, Y)
        MLPClassifier((3,), max_iter=2, solver="lbfgs", random_state=0).fit(X, Y)
    assert {warning.category for warning in caught} <= {ConvergenceWarning, UserWarning}
    assert {warning.filename for warning in caught} == {__file__}


@pytest.mark.parametrize("numba_is_there", [True, False])
def test_prediction_from_a_file_needs_neither_numba_nor_matplotlib(
    tmp_path: Any, numba_is_there: bool
) -> None:
    path = tmp_path / "a.model"
    model = classifier().fit(X, Y)
    model.save(path)
    hidden = ["matplotlib", "torch"] if numba_is_there else ["matplotlib", "torch", "numba"]
    code = f"""
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, *others):
        return None if name.partition(".")[0] in {hidden} else self.finder.find_spec(name, *others)

sys.meta_path[:] = [Without(finder) for finder in sys.meta_path]
import numpy as np
import chainrule
model = chainrule.load({str(path)!r})
print(model.predict_proba(np.ones((2, 4)))[0, 0])
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    expected = model.predict_proba(np.ones((2, 4)))[0, 0]
    if numba_is_there:
        assert float(result.stdout) == expected
    else:  # by NumPy then, equal to rounding
        assert float(result.stdout) == pytest.approx(expected, rel=1e-5)


def test_the_public_names() -> None:
    assert chainrule.__version__[0].isdigit()
    assert set(chainrule.__all__) <= set(dir(chainrule))
    assert chainrule.MLPClassifier is MLPClassifier
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = chainrule.no_such_name
