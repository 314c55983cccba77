"""Prometheus: metrics of connections and calls. `pip install "esl-proto[prometheus]"` installs its requirements.

    metrics = Metrics()
    fs = connect("10.0.0.1", observer=metrics)
    prometheus_client.start_http_server(9464)

The names are those of `esl_proto.otel` in Prometheus's form: `esl.client.command.duration` is
`esl_client_command_duration_seconds`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prometheus_client import REGISTRY, CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from esl_proto._shared.numbers import BUCKETS, COUNTERS, DURATIONS, Numbers, attributes_of
from esl_proto._shared.observing import Work

__all__ = ["Metrics"]

_WHERE = ("server.address", "server.port")


class Metrics(Numbers, Collector):
    """An `esl_proto.observe.Observer` that a Prometheus registry collects from. Pass one to every `connect` and `serve`
    of a program."""

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        super().__init__()
        self._labels = {
            kind: (*(_WHERE if kind != "call" else ()), *(() if by is None else (by,)), "error.type")
            for kind, (_, _, by) in DURATIONS.items()
        }
        self._durations = {
            kind: Histogram(
                _word(name), text, [*map(_word, self._labels[kind])], unit="seconds", registry=registry, buckets=BUCKETS
            )
            for kind, (name, text, _) in DURATIONS.items()
        }
        registry.register(self)

    def collect(self) -> Iterator[Family]:
        """For the registry."""
        for metric in COUNTERS:
            labels = [*(_WHERE if metric.name.startswith("esl.client") else ()), *metric.series[0][1]]
            family = GaugeMetricFamily if metric.is_gauge else CounterMetricFamily
            unit = "bytes" if metric.unit == "By" else ""
            one = family(_word(metric.name), metric.text, labels=[*map(_word, labels)], unit=unit)
            for attributes, value in self.counted(metric):
                one.add_metric(_values(labels, attributes), value)
            yield one

    def ended(self, work: Work, /) -> None:
        if work.seconds is not None:
            values = _values(self._labels[work.kind], attributes_of(work))
            self._durations[work.kind].labels(*values).observe(work.seconds)


def _word(name: str) -> str:
    return name.replace(".", "_")


def _values(labels: Iterator[str] | Any, attributes: Mapping[str, Any]) -> list[str]:
    return [str(attributes.get(label, "")) for label in labels]
