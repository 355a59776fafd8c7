"""Several candidates trained on the same rows: who is better, by how much, and whether that is more than noise.

Every candidate meets the same training and validation rows, once for each seed; or, with folds, once for each seed and
fold. All trainings share one pool of threads. ``chainrule.comparison.compare`` shows what comes out.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from time import perf_counter, thread_time
from typing import Any, TextIO, TypeVar

import numpy as np
from sklearn.base import clone

from chainrule.comparison.trials import Comparison, Progress, Split, Trial, TrialEvent, trial_of
from chainrule.errors import ChainruleError, InputError, TrainingError
from chainrule.network.threads import available_processors
from chainrule.training.events import EpochEnded, Event

T = TypeVar("T")
#: Seconds between two looks of the main thread, in which Ctrl-C is heard.
_LOOK = 0.1


def train_all(
    candidates: Mapping[str, Any],
    parts: Sequence[Split],
    seeds: Sequence[int],
    *,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Train every candidate on every split with every seed.

    Parameters
    ----------
    candidates : mapping of str to estimator
        Unfitted; they are cloned.
    parts : sequence of Split
    seeds : sequence of int
    n_jobs : int, optional
        Trainings at a time, each on one thread; None is one a processor.
    progress : callable, optional
        Told of each ``TrialEvent``, by one thread at a time.

    Raises
    ------
    InputError
        If a candidate cannot be trained as it is; a training that diverges is a result, not an error.
    """
    if not candidates:
        raise InputError.of("candidates", got="none", expected="at least one")
    jobs = [
        (name, fold, seed, (fold, i))
        for name in candidates
        for fold in range(len(parts))
        for i, seed in enumerate(seeds)
    ]
    n_jobs = min(n_jobs or available_processors(), len(jobs))
    run = _Training(candidates, parts, len(jobs), progress)
    began = perf_counter()
    run.tell("start")
    with run.collecting(), ThreadPoolExecutor(n_jobs) as pool:
        try:
            _all([pool.submit(run.compile, name) for name in candidates])
            trials = _all([pool.submit(run.train, *job) for job in jobs])
        except BaseException:
            run.stop.set()  # Ctrl-C reaches this thread alone: the others end after their epoch
            pool.shutdown(wait=True, cancel_futures=True)
            raise
        finally:
            run.tell("end")
    first = parts[0]
    return Comparison(
        trials,
        run.fitted,
        first,
        len(first.y),
        len(first.y_val),
        len(parts) if len(parts) > 1 else 0,
        perf_counter() - began,
    )


def _all(futures: list[Future[T]]) -> list[T]:
    """Return the results of all; raise the first error, and Ctrl-C, at once."""
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=_LOOK, return_when=FIRST_EXCEPTION)
        for future in done:
            future.result()
    return [future.result() for future in futures]


class _Training:
    """One call of ``train_all``: what its threads share."""

    def __init__(
        self,
        candidates: Mapping[str, Any],
        parts: Sequence[Split],
        n_trials: int,
        progress: Progress | None,
    ) -> None:
        self.candidates, self.parts, self.n_trials = candidates, parts, n_trials
        self.progress = progress
        self.epochs = max(int(getattr(e, "max_iter", 1)) for e in candidates.values())
        self.stop = threading.Event()
        self.fitted: dict[str, Any] = {}
        self.finished = 0
        self._lock = threading.Lock()
        self._heard: dict[int, list[str]] = {}
        self._places: dict[str, tuple[int, int]] = {}

    def tell(self, kind: str, **what: Any) -> None:
        if self.progress is not None:
            self.progress(TrialEvent(kind, self.n_trials, self.finished, self.epochs, **what))

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Keep what a training warns of for its own notes; entered once, because filters belong to the process."""
        usual = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            heard = self._heard.get(threading.get_ident())
            if heard is None:
                usual(message, category, filename, lineno, file, line)
            elif str(message) not in heard:
                heard.append(str(message))

        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.showwarning = show
            yield

    def compile(self, name: str) -> None:
        """Run one epoch, so that compilation is in no candidate's seconds."""
        estimator = clone(self.candidates[name])
        if getattr(estimator, "engine", "reference") == "reference" or self.n_trials == 1:
            return
        estimator.set_params(max_iter=1, random_state=0, threads=1, callbacks=None)
        self._heard[threading.get_ident()] = []
        try:
            part = self.parts[0]
            estimator.fit(part.X, part.y, X_val=part.X_val, y_val=part.y_val)
        except TrainingError:
            pass  # its own training will tell
        finally:
            del self._heard[threading.get_ident()]

    def train(self, name: str, fold: int, seed: int, place: tuple[int, int]) -> Trial:
        """Train one candidate once."""
        if self.stop.is_set():
            raise ChainruleError("the comparison was ended")
        part, estimator = self.parts[fold], clone(self.candidates[name])

        def listen(event: Event) -> bool:
            if isinstance(event, EpochEnded):
                with self._lock:
                    self.tell("epoch", candidate=name, epoch=event.epoch)
            return self.stop.is_set()

        estimator.set_params(random_state=seed, threads=1, callbacks=[listen])
        heard = self._heard[threading.get_ident()] = []
        began = thread_time()
        try:
            estimator.fit(part.X, part.y, X_val=part.X_val, y_val=part.y_val)
        except TrainingError as error:
            heard.append(str(error))
        finally:
            del self._heard[threading.get_ident()]
        seconds = thread_time() - began
        estimator.callbacks = None
        trial = trial_of(name, fold, seed, seconds, estimator, part, tuple(heard))
        with self._lock:
            self.finished += 1
            # Threads end in any order: the estimator kept is that of the first place, whoever comes first.
            if np.isfinite(trial.score) and place < self._places.get(name, (len(self.parts), 0)):
                self._places[name], self.fitted[name] = place, estimator
            self.tell("trial", candidate=name, epoch=trial.epochs, score=trial.score)
        return trial
