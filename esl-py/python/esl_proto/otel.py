"""OpenTelemetry: metrics of connections and calls, and a trace of each call and command. `pip install
"esl-proto[opentelemetry]"` installs its requirements; the program's providers determine where metrics and traces go.

    telemetry = Telemetry()
    fs = connect("10.0.0.1", observer=telemetry)

The span of a call (`esl.call`) is current in its handler: the spans of its commands and applications belong to it, and
so do those of other libraries and log records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from opentelemetry import context, metrics, trace

from esl_proto._native import __version__
from esl_proto._shared.numbers import BUCKETS, COUNTERS, DURATIONS, Metric, Numbers, attributes_of
from esl_proto._shared.observing import Work

__all__ = ["Telemetry"]

_SCOPE = "esl_proto"
_NO_FAULT = ("ok", "channel-ended", "given-up")
_KINDS = {"call": trace.SpanKind.SERVER}


class Telemetry(Numbers):
    """An `esl_proto.observe.Observer` for OpenTelemetry. Pass one to every `connect` and `serve` of a program."""

    def __init__(
        self,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        """By default, uses the global providers."""
        super().__init__()
        self._tracer = trace.get_tracer(_SCOPE, __version__, tracer_provider)
        meter = metrics.get_meter(_SCOPE, __version__, meter_provider)
        for metric in COUNTERS:
            create = meter.create_observable_up_down_counter if metric.is_gauge else meter.create_observable_counter
            create(metric.name, [self._observable(metric)], metric.unit, metric.text)
        self._durations = {
            kind: meter.create_histogram(name, "s", text, explicit_bucket_boundaries_advisory=BUCKETS)
            for kind, (name, text, _) in DURATIONS.items()
        }

    def _observable(self, metric: Metric) -> Callable[[metrics.CallbackOptions], Iterable[metrics.Observation]]:
        def observe(_: metrics.CallbackOptions) -> Iterable[metrics.Observation]:
            return [metrics.Observation(value, attributes) for attributes, value in self.counted(metric)]

        return observe

    def began(self, work: Work, /) -> None:
        super().began(work)
        span = self._tracer.start_span(f"esl.{work.kind}", kind=_KINDS.get(work.kind, trace.SpanKind.CLIENT))
        token = None
        if work.kind == "call":
            token = context.attach(trace.set_span_in_context(span))
        work.own = span, token

    def ended(self, work: Work, /) -> None:
        if work.seconds is not None:
            self._durations[work.kind].record(work.seconds, attributes_of(work))
        if work.own is None:
            return
        span, token = work.own
        if span.is_recording():
            span.set_attributes(_described(work))
            if work.outcome not in _NO_FAULT:
                span.set_status(trace.StatusCode.ERROR)
        span.end()
        if token is not None:
            context.detach(token)


def _described(work: Work) -> dict[str, Any]:
    """The attributes of a span."""
    role = work.peer.role
    known = {
        f"{role}.address": work.peer.host,
        f"{role}.port": work.peer.port,
        "esl.command.id": work.id,
        "esl.job.uuid" if work.kind == "job" else "esl.channel.uuid": work.uuid,
        "esl.socket.mode": work.mode,
    }
    return {name: value for name, value in known.items() if value is not None} | attributes_of(work)
