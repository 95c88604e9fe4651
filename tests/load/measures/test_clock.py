"""The time of a run does not step with the machine's clock."""

from sigmic_load.measures import clock


def test_time_grows_with_the_monotonic_clock(monkeypatch):
    before = clock.now()
    elapsed = iter([7.0, 10.0])
    monkeypatch.setattr(clock, "monotonic", lambda: next(elapsed))
    monkeypatch.setattr(clock, "time", lambda: before + 3600.0)

    first, second = clock.now(), clock.now()

    assert second - first == 3.0
