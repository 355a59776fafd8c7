"""Random fits, extreme ones among them: each gives a finite model or one of chainrule's errors, and no other warning.

python -m benchmarks.safety.random_fits 10000 [SEED]
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter

import numpy as np

from chainrule import MLPClassifier, MLPRegressor
from chainrule.errors import ChainruleError

_SCALES = (1e-300, 1e-38, 1e-6, 1.0, 1e6, 1e30, 1e150, 1e299, 1.7e308)


def outcome(seed: int) -> str:
    """Fit once, drawn from ``seed``, and say what came."""
    random = np.random.default_rng(seed)

    def one_of(*choices: object) -> object:
        return choices[random.integers(len(choices))]

    n, m = int(one_of(1, 2, 3, 10, 40)), int(one_of(0, 1, 2, 5))
    with np.errstate(all="ignore"):
        X = random.normal(size=(n, m)) * one_of(*_SCALES)
        y = random.normal(size=n) * one_of(*_SCALES) + one_of(0.0, *_SCALES)
    if m and random.random() < 0.3:
        X[:, random.integers(m)] = one_of(0.0, 1.0, np.nan, np.inf, *_SCALES)
    classifies = random.random() < 0.4
    if classifies:
        y = random.integers(0, int(one_of(1, 2, 3)), size=n)
    settings = {
        "hidden_layer_sizes": one_of((), (1,), (5,), (4, 3)),
        "activation": one_of("relu", "tanh", "logistic", "gelu", "softplus"),
        "solver": one_of("adam", "sgd", "lbfgs", "rmsprop", "adamw"),
        "learning_rate_init": one_of(1e-300, 1e-3, 1.0, 1e6, 1e300),
        "alpha": one_of(0.0, 1e-4, 1e10, 1e300),
        "max_iter": int(one_of(1, 5, 20)),
        "dtype": one_of("float32", "float64"),
        "random_state": 0,
        "threads": 1,
    }
    if not classifies:
        settings["loss"] = one_of("squared_error", "absolute_error", "huber")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            model = (MLPClassifier if classifies else MLPRegressor)(**settings).fit(X, y)
            predicted = model.predict_proba(X) if classifies else model.predict(X)
            finite = np.isfinite(model.theta_).all() and np.isfinite(predicted).all()
            came = "a finite model" if finite else "NOT FINITE"
        except ChainruleError as error:
            came = f"our {type(error).__name__}"
        except ValueError as error:  # whose words scikit-learn's own checks ask for
            refused = "Found array with 0 feature(s)" in str(error)
            came = "our refusal of no columns" if refused else f"RAW {error}"[:150]
        except Exception as error:
            came = f"RAW {type(error).__name__}: {error}"[:150]
    leaked = [w for w in told if issubclass(w.category, RuntimeWarning)]
    return (
        f"LEAKED {leaked[0].message} in {leaked[0].filename.rpartition('/')[2]}" if leaked else came
    )


def main(arguments: list[str]) -> int:
    """Fit so many times and count."""
    count, first = int(arguments[0]), int(arguments[1]) if len(arguments) > 1 else 0
    found: Counter[str] = Counter()
    example: dict[str, int] = {}
    for seed in range(first, first + count):
        came = outcome(seed)
        found[came] += 1
        example.setdefault(came, seed)
    for came, times in found.most_common():
        print(
            times, came, "" if came.startswith(("a finite", "our")) else f"(seed {example[came]})"
        )
    return int(any(not came.startswith(("a finite", "our")) for came in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
