"""The command as a process of its own: pipes, terminals, signals, full disks."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cli.conftest import QUICK

import chainrule

Models = dict[str, Path]
COMMAND = [sys.executable, "-m", "chainrule"]

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes and signals of POSIX")


def chainrule_(*arguments: object, **options: object) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    settings = {"capture_output": True, "text": True, "timeout": 120, **options}
    return subprocess.run(command, **settings)  # type: ignore[call-overload,no-any-return]


def test_fit_then_predict_in_a_pipe(penguins_csv: Path) -> None:
    done = chainrule_("fit", penguins_csv, "--target", "species", "--epochs", "3")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # neither progress nor warnings where no terminal is
    assert "\x1b" not in done.stdout
    done = chainrule_("predict", "penguins.model", input=penguins_csv.read_text())
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 345


def test_a_reader_that_takes_one_line_is_no_error(models: Models, penguins_csv: Path) -> None:
    lines = penguins_csv.read_text().splitlines()
    Path("long.csv").write_text("\n".join([lines[0], *(lines[1:] * 60)]))
    arguments = ("predict", str(models["species"]), "long.csv", "--proba")
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline().startswith(b"prediction,")
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_behind_standard_output_is_one_line(models: Models, penguins_csv: Path) -> None:
    with open("/dev/full", "w") as full:
        done = chainrule_(
            "predict",
            models["species"],
            penguins_csv,
            capture_output=False,
            stdout=full,
            stderr=subprocess.PIPE,
        )
    assert done.returncode == 2
    assert done.stderr == "chainrule: standard output: No space left on device\n"


def test_a_full_disk_leaves_no_half_a_model(penguins_csv: Path) -> None:
    code = (
        "import resource, signal; resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from chainrule.cli import main; main()"
    )
    arguments = ("fit", str(penguins_csv), "-t", "species", "-q", *QUICK)
    done = subprocess.run(
        [sys.executable, "-B", "-c", code, *arguments], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "penguins.model" in done.stderr
    assert list(Path.cwd().iterdir()) == []


def test_ctrl_c_keeps_the_best_weights(penguins_csv: Path) -> None:
    arguments = ("fit", str(penguins_csv), "-t", "species", "--patience", "0", *QUICK[:2])
    process = subprocess.Popen(
        [*COMMAND, *arguments, "--epochs", "1000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if line.startswith("training"):
                break
        time.sleep(3.0)  # some epochs, on a busy machine too
        process.send_signal(signal.SIGINT)
        said, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, errors
    assert errors == ""
    assert "interrupted: the best weights so far are kept" in said
    assert chainrule.load("penguins.model").stop_reason_ == "interrupted"


@pytest.mark.parametrize("no_color", [False, True])
def test_a_terminal_sees_colours_unless_it_says_no(
    models: Models, penguins_csv: Path, no_color: bool
) -> None:
    pty = pytest.importorskip("pty")
    control, terminal = pty.openpty()
    names = ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLUMNS")
    environment = {k: v for k, v in os.environ.items() if k not in names}
    environment |= {"TERM": "xterm-256color", "COLUMNS": "80"} | (
        {"NO_COLOR": "1"} if no_color else {}
    )
    process = subprocess.Popen(
        [*COMMAND, "evaluate", str(models["species"]), str(penguins_csv)],
        stdout=terminal,
        stderr=subprocess.PIPE,
        env=environment,
    )
    os.close(terminal)
    said = b""
    with contextlib.suppress(OSError):  # a terminal without anybody behind it
        while piece := os.read(control, 65536):
            said += piece
    os.close(control)
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == 0
    assert (b"\x1b[" in said) is not no_color
    assert b"accuracy" in said
    assert max(map(len, said.decode().splitlines())) <= 80 + (0 if no_color else 40)
