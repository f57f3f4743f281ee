# SPDX-License-Identifier: MIT
"""Fixtures of the boot tests: make check-boot runs them, or

  KEEL_BOARDS='pc=build/pc virt=build/virt' /usr/bin/python3 -m pytest tests/boot

A test that takes `board` runs once for each board; `@pytest.mark.boards("pc")` limits it.
"""
import os
import sys

import pytest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from guests import Shell, TestBoard, boards  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "boards(*names): only on these boards")


def pytest_generate_tests(metafunc):
    if "board" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("boards")
        names = [n for n in boards() if not mark or n in mark.args]
        metafunc.parametrize("board", names, indirect=True, scope="module")


@pytest.fixture(scope="module")
def board(request):
    return TestBoard(request.param)


@pytest.fixture
def start():
    """start(guest) -> Shell, closed at the end of the test."""
    shells = []

    def begin(guest, **kwargs):
        shells.append(Shell(guest, **kwargs))
        return shells[-1]

    yield begin
    for shell in shells:
        shell.close()


class SharedShell:
    """One shell for the tests of a module; a fresh one after a test has failed in it."""

    def __init__(self, make_guest):
        self.make_guest, self.shell = make_guest, None

    def get(self):
        if self.shell is None:
            self.shell = Shell(self.make_guest())
        return self.shell

    def drop(self):
        if self.shell:
            self.shell.close()
        self.shell = None


@pytest.fixture(scope="module")
def shared_shell(board):
    shared = SharedShell(lambda: board.guest(smp=2))
    yield shared
    shared.drop()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, "report_" + call.when, outcome.get_result())


@pytest.fixture
def sh(shared_shell, request):
    shell = shared_shell.get()
    yield shell
    report = getattr(request.node, "report_call", None)
    if report is None or report.failed:
        shared_shell.drop()
