"""The target's period, and whether `--heartbeat-period` names it: if not, lateness means nothing. Pure."""

from sigmic_load.measures.recorder import Numbers

SHORTEST, LONGEST = 0.8, 1.25
"""Shares of the period. Servers may send early and jitter, but the median gap must lie between these."""
ENOUGH = 5
"""The fewest gaps to judge by."""


DRIFT = 0.01
"""The share by which the target's period may differ without a remark."""


def drift(numbers: Numbers, period: float) -> str:
    """Return in one line that the target's period is not quite that of the option; empty if it is."""
    usual = numbers.distribution("stream_period").mean
    if usual is None or abs(usual - period) <= DRIFT * period or mismatch(numbers, period):
        return ""
    more = f"{usual / period - 1:+.1%}"
    return f"the target's period is {usual:.4g} s ({more} of --heartbeat-period {period:g})"


def mismatch(numbers: Numbers, period: float) -> str:
    """Return in one line that the heartbeats do not match the configured period; empty if they do."""
    gaps = numbers.distribution("heartbeat_gap")
    usual, mean = gaps.quantile(0.5), gaps.mean
    if usual is None or mean is None or gaps.count < ENOUGH:
        return ""
    # Missing heartbeats move the mean, and a load generator that reads several at once the median.
    if any(SHORTEST * period <= it <= LONGEST * period for it in (usual, mean)):
        return ""
    about = f"{round(usual, 1 if usual < 10 else 0):g}"  # noqa: PLR2004 - as exact as a histogram is
    return (
        f"heartbeats came about {about} s apart (median), but --heartbeat-period is {period:g}: "
        f"lateness is measured against {period:g} s. Give the period of the target"
    )
