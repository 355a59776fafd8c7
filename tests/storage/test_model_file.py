"""The model file comes back exactly, survives whatever happens, and refuses everything else."""

from __future__ import annotations

import builtins
import errno
import hashlib
import json
import os
import pickle
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from tests.storage.test_atomic import FAULTS, failing
from tests.storage.test_strict_json import keys, plain, same

from chainrule.errors import FileError, InputError, InputTypeError
from chainrule.network import Architecture
from chainrule.storage import ModelContent, load_model, model_file, older_versions, save_model

TINY = ModelContent(
    "regressor",
    Architecture((1, 1), ("identity",), "squared_error").to_dict(),
    np.array([1.5, -2.0], np.float32),
    None,
    {},
    None,
    {},
    {},
    {},
)
FULL = ModelContent(
    "classifier",
    Architecture((3, 4, 3), ("leaky_relu(0.2)", "identity"), "multiclass_log_loss").to_dict(),
    np.random.default_rng(0).normal(size=31),
    [["Adelie", "Chinstrap", "Gentoo 🐧"]],
    {"multilabel": False},
    {"columns": [["bill", "number", 43.9]], "unknown": "unknown"},
    {"hidden_layer_sizes": (4,), "alpha": 1e-4, "max_time": float("inf"), "verbose": False},
    {"loss": [0.5, 0.25, 0.1], "validation_loss": [None, None, None]},
    {"chainrule": "0.1.0", "created": "2020-01-01T00:00:00Z"},
)


def equal(a: ModelContent, b: ModelContent) -> bool:
    same_vector = a.vector.dtype == b.vector.dtype and a.vector.tobytes() == b.vector.tobytes()
    return same_vector and all(
        same(getattr(a, name), getattr(b, name)) for name in vars(a) if name != "vector"
    )


def written(content: ModelContent, folder: Path) -> bytes:
    save_model(content, folder / "written.model")
    return (folder / "written.model").read_bytes()


def refused(data: bytes, folder: Path) -> str:
    """Return the message with which a file of these bytes is refused."""
    path = folder / "refused.model"
    path.write_bytes(data)
    with pytest.raises(FileError) as caught:
        load_model(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: got ")
    assert ", expected " in message
    assert "\n" not in message
    assert len(message) < 1500
    return message


def forged(data: bytes, change: Callable[[dict[str, Any]], None], **parts: Any) -> bytes:
    """Return a model file with changed content and matching digests, as an attacker can make it.

    `parts` replace the header's "text", "code", "count" or the "vector" bytes.
    """
    length = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:length])
    vector = parts.get("vector", data[length:])
    content = json.loads(header["__metadata__"]["content"])
    content["vector_sha256"] = hashlib.sha256(vector).hexdigest()
    change(content)
    text = parts.get("text", json.dumps(content, ensure_ascii=False, separators=(",", ":")))
    code, (count,) = header["vector"]["dtype"], header["vector"]["shape"]
    code, count = parts.get("code", code), parts.get("count", count)
    return bytes(model_file._pack(older_versions.VERSION, text, code, count) + vector)


def resealed(head: bytes) -> bytes:
    """Return a head with another header text and the digest that belongs to it."""
    start = head.index(b'"sha256":"') + len(b'"sha256":"')
    head = head[:start] + b"0" * 64 + head[start + 64 :]
    return head[:start] + hashlib.sha256(head).hexdigest().encode() + head[start + 64 :]


# ---- round trip -----------------------------------------------------------------------------------


@pytest.mark.parametrize("content", [TINY, FULL], ids=["tiny", "full"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_everything_comes_back_as_it_was(tmp_path: Path, content: ModelContent, dtype: str) -> None:
    content = replace(content, vector=content.vector.astype(dtype))
    save_model(content, tmp_path / "a.model")
    loaded = load_model(tmp_path / "a.model")
    assert equal(loaded, content)
    assert loaded.vector.flags.writeable
    assert loaded.vector.flags.c_contiguous
    assert loaded.vector.dtype.isnative
    assert [path.name for path in tmp_path.iterdir()] == ["a.model"]


@pytest.mark.parametrize(
    "labels",
    [
        ["no", "yes", "", "näïve 🐧", "line\nbreak"],
        [-1, 0, 2**62, -(2**63), 2**64 - 1],
        [0.1, -0.0, 5e-324, 1.7976931348623157e308],
        [False, True],
        [7],
    ],
)
def test_labels_keep_value_and_type(tmp_path: Path, labels: list[Any]) -> None:
    save_model(replace(FULL, classes=[labels, ["a", "b"]]), tmp_path / "a.model")
    assert same(load_model(tmp_path / "a.model").classes, [labels, ["a", "b"]])


def test_labels_of_numpy_arrays_come_back_as_the_same_array(tmp_path: Path) -> None:
    for array in [
        np.array([3, 5, 9]),
        np.array(["a", "bb"]),
        np.array([0.5, 1.5]),
        np.array([True]),
    ]:
        save_model(replace(FULL, classes=[array.tolist()]), tmp_path / "a.model")
        classes = load_model(tmp_path / "a.model").classes
        assert classes is not None
        result = np.array(classes[0])
        assert result.dtype == array.dtype
        np.testing.assert_array_equal(result, array)


@given(
    st.dictionaries(keys, plain, max_size=4),
    st.dictionaries(keys, plain, max_size=4),
    st.lists(st.integers(1, 5), min_size=2, max_size=4),
    st.sampled_from([np.float32, np.float64]),
    st.integers(0, 2**32),
)
def test_any_content_comes_back_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    settings: dict[str, Any],
    history: dict[str, Any],
    sizes: list[int],
    dtype: type,
    seed: int,
) -> None:
    architecture = Architecture(tuple(sizes), ("tanh",) * (len(sizes) - 1), "squared_error")
    vector = np.random.default_rng(seed).normal(size=architecture.n_parameters).astype(dtype)
    content = replace(
        FULL, architecture=architecture.to_dict(), vector=vector, settings=settings, history=history
    )
    path = tmp_path_factory.getbasetemp() / "any.model"
    save_model(content, path)
    first = path.read_bytes()
    assert equal(load_model(path), content)
    save_model(load_model(path), path)
    assert path.read_bytes() == first


def test_equal_content_gives_equal_bytes_in_any_process(tmp_path: Path) -> None:
    code = (
        "import sys; from chainrule.storage import load_model, save_model\n"
        "save_model(load_model(sys.argv[1]), sys.argv[2])"
    )
    first = written(FULL, tmp_path)
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", code, tmp_path / "written.model", tmp_path / "again.model"]
        subprocess.run(command, env=environment, check=True, timeout=60)
        assert (tmp_path / "again.model").read_bytes() == first


def test_vectors_in_any_memory_layout_are_written_alike(tmp_path: Path) -> None:
    first = written(FULL, tmp_path)
    doubled = np.repeat(FULL.vector, 2)
    assert written(replace(FULL, vector=doubled[::2]), tmp_path) == first
    assert written(replace(FULL, vector=FULL.vector.astype(">f8")), tmp_path) == first


def test_other_programs_read_it_as_safetensors(tmp_path: Path) -> None:
    for content in (TINY, FULL):
        data = written(content, tmp_path)
        tensors = safetensors.numpy.load(data)
        assert list(tensors) == ["vector"]
        np.testing.assert_array_equal(tensors["vector"], content.vector)
        with safetensors.safe_open(tmp_path / "written.model", "np") as file:
            assert set(file.metadata()) == {"format", "sha256", "content"}
            json.loads(file.metadata()["content"], parse_constant=pytest.fail)
        assert int.from_bytes(data[:8], "little") % 8 == 0  # the vector is aligned


def test_a_link_to_a_model_is_read(tmp_path: Path) -> None:
    save_model(TINY, tmp_path / "a.model")
    (tmp_path / "link").symlink_to("a.model")
    assert equal(load_model(str(tmp_path / "link")), TINY)


# ---- damage ---------------------------------------------------------------------------------------


def test_every_truncation_is_refused(tmp_path: Path) -> None:
    data = written(FULL, tmp_path)
    for length in range(len(data)):
        message = refused(data[:length], tmp_path)
        assert length < 100 or "cut short" in message
    for length in (1, 8, 1000):
        assert "too many" in refused(data + bytes(length), tmp_path)
    assert equal(load_model(tmp_path / "written.model"), FULL)


def test_every_flipped_bit_of_a_small_model_is_refused(tmp_path: Path) -> None:
    data = bytearray(written(TINY, tmp_path))
    assert len(data) < 900
    path = tmp_path / "flipped.model"
    for place in range(8 * len(data)):
        data[place // 8] ^= 1 << place % 8
        path.write_bytes(data)
        with pytest.raises(FileError):
            load_model(path)
        data[place // 8] ^= 1 << place % 8
    path.write_bytes(data)
    assert equal(load_model(path), TINY)


def test_sampled_flipped_bits_of_a_larger_model_are_refused(
    tmp_path: Path, rng: np.random.Generator
) -> None:
    architecture = Architecture((20, 60, 1), ("relu", "identity"), "squared_error")
    vector = rng.normal(size=architecture.n_parameters)
    content = replace(TINY, architecture=architecture.to_dict(), vector=vector)
    data = np.frombuffer(written(content, tmp_path), np.uint8).copy()
    for place in rng.integers(8 * data.size, size=1000):
        data[place // 8] ^= 1 << place % 8
        assert "damaged" in refused(data.tobytes(), tmp_path) or place < 8 * 70
        data[place // 8] ^= 1 << place % 8


@given(st.data())
def test_mutated_files_are_refused(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp()
    original = written(FULL, folder)
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(changed)))
        stop = data.draw(st.integers(start, min(len(changed), start + 40)))
        changed[start:stop] = data.draw(st.binary(max_size=40))
    if changed != original:
        refused(bytes(changed), folder)


@given(st.binary(max_size=300), st.booleans())
def test_random_bytes_are_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, begins_well: bool
) -> None:
    start = model_file._pack(older_versions.VERSION, "{}", "F32", 1)[8:90]
    if begins_well:
        data = len(data).to_bytes(8, "little") + start[: len(data)] + data
    refused(data, tmp_path_factory.getbasetemp())


# ---- foreign and hostile files --------------------------------------------------------------------


def test_files_that_cannot_be_opened_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "link").symlink_to("/dev/zero")
    (tmp_path / "empty").touch()
    for name, words in [
        ("missing", "no such file"),
        ("", "a folder"),
        ("pipe", "a named pipe"),
        ("loop", "circle"),
        ("link", "a device"),
        ("empty", "an empty file"),
    ]:
        with pytest.raises(FileError, match=words):
            load_model(tmp_path / name)
    with pytest.raises(InputTypeError):
        load_model(0)  # type: ignore[arg-type]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    save_model(TINY, tmp_path / "a.model")
    (tmp_path / "a.model").chmod(0)
    with pytest.raises(FileError, match="no permission"):
        load_model(tmp_path / "a.model")


class Payload:
    """Runs code when unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("import builtins; builtins.pwned = True",))


def test_nothing_in_a_file_is_ever_run(tmp_path: Path) -> None:
    code = "__import__('builtins').__dict__.update(pwned=True)"
    payloads = [pickle.dumps(Payload(), protocol) for protocol in range(6)]
    payloads += [code.encode(), b"#!/bin/sh\ntouch pwned\n"]
    data = written(FULL, tmp_path)
    for key in ("settings", "preparation", "target", "architecture"):
        for value in (
            {"$class": "builtins.exec", "args": [code]},
            {"py/object": "os.system"},
            {"__reduce__": [code]},
            {"$tuple": {"$class": code}},
        ):

            def change(content: dict[str, Any], key: str = key, value: Any = value) -> None:
                content[key] = value

            payloads.append(forged(data, change))
    kept = 0
    for payload in payloads:
        path = tmp_path / "payload.model"
        path.write_bytes(payload)
        try:
            load_model(path)
            kept += 1  # a dict with odd keys is a dict
        except FileError:
            pass
    assert not hasattr(builtins, "pwned")
    assert kept == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["payload.model", "written.model"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.pop("info"), "the fields"),
        (lambda c: c.update(extra=1), "the fields"),
        (lambda c: c.update({"x" * 10_000: 1}), "the fields"),
        (lambda c: c.update(kind="ranker"), "kind: got 'ranker'"),
        (lambda c: c.update(kind=None), "kind: got None"),
        (lambda c: c.update(classes=None), "classes: got NoneType"),
        (lambda c: c.update(classes=[["a", 1, 2]]), "labels of type int, str"),
        (lambda c: c.update(classes=[["a", "a"]]), "a label twice"),
        (lambda c: c.update(classes=[[{"$float": "nan"}]]), "not finite"),
        (lambda c: c.update(settings=[]), "settings: got list"),
        (lambda c: c.update(preparation=0), "preparation: got int"),
        (lambda c: c.update(vector_sha256="0" * 64), "weights that do not match"),
        (lambda c: c.update(vector_sha256=None), "weights that do not match"),
        (lambda c: c.update(architecture=None), "architecture: got NoneType"),
        (lambda c: c["architecture"].update(sizes=[3, 4]), "activations: got"),
        (lambda c: c["architecture"].update(sizes=[3, 5, 3]), "31 parameters, expected 38"),
        (lambda c: c["architecture"].update(sizes=[3, 2**40, 3]), "sizes: got"),
        (lambda c: c["architecture"].update(sizes=[3, -4, 3]), "sizes: got"),
        (lambda c: c["architecture"].update(sizes=[3, 4.0, 3]), "sizes: got"),
        (lambda c: c["architecture"].update(sizes=1), "sizes: got"),
        (lambda c: c["architecture"].update(sizes=[1] * 100_000), "activations: got"),
        (lambda c: c["architecture"].update(activations=["x" * 10**5, "relu"]), "activation"),
        (lambda c: c["architecture"].update(activations=["mine", "relu"]), "register"),
        (lambda c: c["architecture"].update(loss={"name": "x"}), "loss"),
        (lambda c: c["architecture"].update(l2={"$float": "inf"}), "l2: got"),
        (lambda c: c["architecture"].update(l1=-1), "l1: got"),
        (lambda c: c["architecture"].update(dropout=[{"$float": "nan"}]), "dropout: got"),
        (lambda c: c["architecture"].update(dropout=[10**39]), "dropout: got"),
        (lambda c: c["architecture"].update(extra=1), "architecture: got"),
    ],
)
def test_content_that_does_not_fit_together_is_refused(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    data = written(FULL, tmp_path)
    assert forged(data, lambda content: None) == data
    assert words in refused(forged(data, change), tmp_path)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"text": "null"}, "the fields NoneType"),
        ({"text": "[]"}, "the fields list"),
        ({"text": '{"kind":1,"kind":2}'}, "the key 'kind' twice"),
        ({"text": '{"kind":NaN}'}, "the number NaN"),
        ({"text": "[" * 100_000}, "deeply"),
        ({"text": "9" * 100_000}, "an integer of 100,000 digits"),
        ({"text": '["\\ud800"]'}, "half a character"),
        ({"text": "{}" * 10}, "not JSON"),
        ({"count": 30}, "30 parameters"),
        ({"count": 2**60}, "parameters"),
        ({"count": -1}, "parameters"),
        ({"code": "F32"}, "too many"),
        ({"vector": bytes(31 * 8 - 1)}, "cut short"),
        ({"vector": np.full(31, np.nan).tobytes()}, "vector: got nan at 0"),
        ({"vector": np.full(31, np.inf).tobytes()}, "vector: got inf at 0"),
    ],
)
def test_forged_parts_are_refused(tmp_path: Path, parts: dict[str, Any], words: str) -> None:
    data = forged(written(FULL, tmp_path), lambda content: None, **parts)
    assert words in refused(data, tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"shape":[2]', b'"shape":[2 ]'),
        (b'"shape":[2]', b'"shape":[2,1]'),
        (b'"shape":[2]', b'"shape":[2.0]'),
        (b'"shape":[2]', b'"shape":"2"'),
        (b'"shape":[2]', b'"shape":[]'),
        (b'"shape":[2]', b'"shape":{}'),
        (b'"dtype":"F32"', b'"dtype":"F16"'),
        (b'"dtype":"F32"', b'"dtype":[]'),
        (b'"data_offsets":[0,8]', b'"data_offsets":[8,0]'),
        (b'"data_offsets":[0,8]', b'"data_offsets":[0,8],"data_offsets":[0,8]'),
        (b'"vector":{', b'"other":{'),
        (b'"vector":{', b'"vector":{},"vector":{'),
        (b'"vector":{', b'"extra":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},"vector":{'),
        (b'"content":"', b'"note":"","content":"'),
        (b'"content":"', b'"content":"x","content":"'),
        (b'"content":', b'"content":[],"content2":'),
        (b"}}", b"}} {}"),
        (b"}}", b"}"),
        (b'{"__metadata__":{"format":"chainrule model 1"', b'{"__metadata__":{"format":"chainrule model 2"'),
    ],
)  # fmt: skip
def test_headers_in_another_form_are_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    data = written(TINY, tmp_path)
    length = 8 + int.from_bytes(data[:8], "little")
    head, vector = data[:length], data[length:]
    assert resealed(head) == head
    place = head.rindex(old)
    header = (head[:place] + new + head[place + len(old) :])[8:].rstrip()
    header += b" " * (-len(header) % 8)
    refused(resealed(len(header).to_bytes(8, "little") + header) + vector, tmp_path)


def test_a_model_of_a_newer_version_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(older_versions, "VERSION", 23)
        data = written(TINY, tmp_path)
    message = refused(data, tmp_path)
    assert "version 23, expected version 1 or an older one; a newer chainrule wrote it" in message
    assert "damaged" in refused(data.replace(b"model 23", b"model 22"), tmp_path)


def test_sizes_that_are_announced_but_not_there_take_no_memory(tmp_path: Path) -> None:
    def announce(content: dict[str, Any]) -> None:
        content["architecture"]["sizes"] = [1_000_000, 1_000, 3]

    count = 1_000_001 * 1_000 + 1_001 * 3
    announced = forged(written(FULL, tmp_path), announce, count=count)
    header = (2**63).to_bytes(8, "little") + announced[8:]
    path = tmp_path / "sparse.model"
    path.write_bytes(announced)
    os.truncate(path, 5 << 30)  # no disk is used for the zeros
    tracemalloc.start()
    try:
        assert "cut short" in refused(announced, tmp_path)
        assert "a header of" in refused(header, tmp_path)
        with pytest.raises(FileError, match=r"bytes, expected a model of at most .* max_bytes"):
            load_model(path)
        with pytest.raises(FileError, match="at most 100 bytes"):
            load_model(tmp_path / "written.model", max_bytes=100)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_content_too_large_to_be_read_back_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_file, "MAX_HEADER", 1000)
    with pytest.raises(InputError, match=r"content: got .* bytes beside the weights"):
        save_model(replace(TINY, info={"note": "x" * 1000}), tmp_path / "a.model")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_shrinks_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_model(FULL, tmp_path / "a.model")
    original, size = model_file._parse_head, (tmp_path / "a.model").stat().st_size

    def shrinking(*args: Any) -> Any:
        os.truncate(tmp_path / "a.model", size - 10)
        return original(*args)

    monkeypatch.setattr(model_file, "_parse_head", shrinking)
    with pytest.raises(FileError, match="cut short"):
        load_model(tmp_path / "a.model")


# ---- saving ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "words"), FAULTS)
@pytest.mark.parametrize("name", ["write", "fsync", "replace"])
def test_a_fault_while_saving_leaves_the_old_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str, name: str
) -> None:
    save_model(FULL, tmp_path / "a.model")
    with monkeypatch.context() as patch:
        patch.setattr(os, name, failing(getattr(os, name), number))
        with pytest.raises(FileError, match=words):
            save_model(TINY, tmp_path / "a.model")
    assert equal(load_model(tmp_path / "a.model"), FULL)
    assert [path.name for path in tmp_path.iterdir()] == ["a.model"]


def test_a_fault_while_reading_is_one_file_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_model(TINY, tmp_path / "a.model")
    monkeypatch.setattr(model_file, "read_into", failing(model_file.read_into, errno.EIO))
    with pytest.raises(FileError, match="input/output error") as caught:
        load_model(tmp_path / "a.model")
    assert caught.value.errno == errno.EIO


LOOP = """
import sys
from dataclasses import replace
from chainrule.storage import load_model, save_model
a = load_model(sys.argv[1])
b = replace(a, vector=-a.vector)
print("ready", flush=True)
while True:
    save_model(b, sys.argv[1])
    save_model(a, sys.argv[1])
"""


def test_a_model_whose_save_is_killed_20_times_always_loads(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    architecture = Architecture((50, 100, 1), ("relu", "identity"), "squared_error")
    vector = rng.normal(size=architecture.n_parameters).astype(np.float32)
    content = replace(TINY, architecture=architecture.to_dict(), vector=vector)
    path = tmp_path / "a.model"
    save_model(content, path)
    killed = 0
    while killed < 20:
        # Four at once: most of the time goes into starting them, and they disturb one another.
        writers = [
            subprocess.Popen([sys.executable, "-c", LOOP, str(path)], stdout=subprocess.PIPE)
            for _ in range(4)
        ]
        for writer in writers:
            assert writer.stdout is not None
            with writer.stdout:
                assert writer.stdout.readline() == b"ready\n"
            time.sleep(rng.uniform(0.0, 0.03))
            writer.send_signal(signal.SIGKILL)
            assert writer.wait() == -signal.SIGKILL
            killed += 1
            loaded = load_model(path)
            assert loaded.vector.tobytes() in (vector.tobytes(), (-vector).tobytes())
    save_model(content, path)
    assert equal(load_model(path), content)


def test_prediction_needs_neither_numba_nor_matplotlib(tmp_path: Path) -> None:
    save_model(TINY, tmp_path / "a.model")
    code = (
        "import sys; from chainrule.storage import load_model; load_model(sys.argv[1])\n"
        "print(*{'numba', 'matplotlib', 'pandas', 'sklearn', 'pickle', 'torch'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "a.model"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert set(result.stdout.split()) <= {"pickle"}  # NumPy itself imports that one
