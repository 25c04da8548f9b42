"""The engine's memory limit follows the machine."""

from regulars.store.memory import machine_memory_mb, memory_limit_mb


def test_the_limit_leaves_room_for_the_models():
    assert 256 <= memory_limit_mb() < machine_memory_mb()
