"""Read CPU and memory of a process from a page in Prometheus' format, by the usual metric names."""

from prometheus_client.parser import text_string_to_metric_families

CPU = "process_cpu_seconds_total"
MEMORY = "process_resident_memory_bytes"


def read_process(text: str) -> tuple[float | None, float | None]:
    """Return CPU seconds and resident bytes from a page of metrics; None for a missing metric."""
    found: dict[str, float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name in {CPU, MEMORY}:
                found[sample.name] = sample.value
    return found.get(CPU), found.get(MEMORY)
