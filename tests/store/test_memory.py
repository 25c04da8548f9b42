"""The engine's memory limit follows the machine, and the peak is this process's."""

import ctypes
import importlib
import types

import pytest

from regulars.store import memory
from regulars.store.memory import machine_memory_mb, memory_limit_mb, peak_memory_mb


def test_the_limit_leaves_room_for_the_models():
    assert 256 <= memory_limit_mb() < machine_memory_mb()


def test_memory_is_in_megabytes():
    assert 10 < peak_memory_mb() < 1_000_000


def windows(total, peak):
    """A stand-in for the two functions of Windows that fill in a structure."""

    def machine(pointer):
        found = pointer._obj
        assert found.length == ctypes.sizeof(found) == 64
        found.total = total

    def process(handle, pointer, size):
        found = pointer._obj
        assert handle.value == 77 and size == ctypes.sizeof(found) == 72
        found.peak = peak

    def current():
        return 77

    kernel = types.SimpleNamespace(
        GlobalMemoryStatusEx=machine, GetCurrentProcess=current, K32GetProcessMemoryInfo=process
    )
    return types.SimpleNamespace(kernel32=kernel)


@pytest.fixture
def without_unix(monkeypatch):
    real = importlib.import_module

    def load(name):
        if name == "resource":
            raise ImportError(name)
        return real(name)

    monkeypatch.setattr(memory.importlib, "import_module", load)
    monkeypatch.delattr(memory.os, "sysconf")


def test_windows_is_asked_where_it_is_windows(without_unix, monkeypatch):
    monkeypatch.setattr(ctypes, "windll", windows(8 << 30, 300 << 20), raising=False)
    assert peak_memory_mb() == 300
    assert machine_memory_mb() <= 8192


def test_a_machine_that_says_nothing_still_works(without_unix):
    assert peak_memory_mb() == 0.0
    assert memory_limit_mb() >= 256
