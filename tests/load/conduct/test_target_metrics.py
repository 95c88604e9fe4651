"""CPU and memory are found by their usual metric names."""

from sigmic_load.conduct.target_metrics import read_process

PAGE = """# TYPE process_cpu_seconds counter
process_cpu_seconds_total 12.5
# TYPE process_resident_memory_bytes gauge
process_resident_memory_bytes 5.4e+07
# TYPE other gauge
other{label="process_cpu_seconds_total 1"} 3
"""


def test_both_are_found():
    assert read_process(PAGE) == (12.5, 5.4e7)


def test_what_is_not_there_is_none():
    assert read_process("") == (None, None)
    assert read_process("# TYPE other gauge\nother 3\n") == (None, None)
