"""esl_proto.otel and esl_proto.prometheus: names, attributes, and that the numbers are those of the connections."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from aio_support import aio_test, until
from esl_proto import aio, sync
from esl_proto.testing import NEVER, Switch
from sync_support import Background, sync_test
from sync_support import until as until_now

pytest.importorskip("opentelemetry.sdk", reason="OpenTelemetry is not there")
pytest.importorskip("prometheus_client", reason="Prometheus is not there")

from esl_proto.otel import Telemetry
from esl_proto.prometheus import Metrics
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import CollectorRegistry, generate_latest


class Collected:
    """Providers in memory."""

    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.exporter = InMemorySpanExporter()
        self.tracers = TracerProvider()
        self.tracers.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.meters = MeterProvider([self.reader])
        self.observer = Telemetry(tracer_provider=self.tracers, meter_provider=self.meters)

    def metrics(self) -> dict[str, list[tuple[dict[str, Any], Any]]]:
        """Attributes and values: of a histogram how many there were."""
        data = self.reader.get_metrics_data()
        found: dict[str, list[tuple[dict[str, Any], Any]]] = {}
        if data is None:
            return found
        for metric in data.resource_metrics[0].scope_metrics[0].metrics:
            found[metric.name] = [
                (dict(point.attributes or {}), getattr(point, "value", None) or getattr(point, "count", 0))
                for point in metric.data.data_points
            ]
        return found

    def spans(self) -> list[Any]:
        return list(self.exporter.get_finished_spans())


@aio_test
async def test_metrics_of_connections(switch: Switch) -> None:
    collected = Collected()
    switch.api["status"], switch.api["fails"] = "UP", "-ERR no"
    where = {"server.address": switch.host, "server.port": switch.port}
    async with aio.connect(
        switch.host, switch.port, reconnect=aio.Reconnect(0.01), observer=collected.observer
    ) as fs:
        stream = await fs.events("HEARTBEAT", maxsize=1)
        for _ in range(3):
            switch.fire("HEARTBEAT")
        await until(lambda: stream.dropped == 2)
        await fs.api("status")
        await fs.api("fails")
        switch.drop()
        await until(lambda: stream.gaps)
        await (await fs.bgapi("status"))
        switch.api["slow"] = NEVER
        job = await fs.bgapi("slow")
        with pytest.raises(TimeoutError):
            await job.result(0.01)
        found = collected.metrics()
        assert found["esl.client.command.timeouts"] == [(where, 1)]
        assert found["esl.client.connections"] == [(where, 2)]
        assert found["esl.client.commands"] == [(where, 4)]
        assert found["esl.client.events"] == [(where, fs.stats["events"])]
        assert found["esl.client.lost_events"] == [(where, 2)]
        assert found["esl.client.gaps"] == [(where, 1)]
        assert found["esl.client.io"] == [
            (where | {"network.io.direction": "receive"}, fs.stats["octets"]),
            (where | {"network.io.direction": "transmit"}, fs.stats["octets_sent"]),
        ]
        octets = fs.stats["octets"]
    api = where | {"esl.command.name": "api"}
    assert sorted(found["esl.client.command.duration"], key=str) == sorted(
        [(api, 1), (api | {"error.type": "error"}, 1), (where | {"esl.command.name": "bgapi"}, 2)], key=str
    )
    assert found["esl.client.job.duration"] == [(where | {"esl.api.name": "status"}, 1)]
    # What has been counted stays, when the connection is gone.
    del fs, stream
    gc.collect()
    found = collected.metrics()
    assert found["esl.client.connections"] == [(where, 2)]
    assert found["esl.client.io"][0][1] >= octets


@aio_test
async def test_a_trace_of_a_call(switch: Switch) -> None:
    collected = Collected()
    inside: list[Any] = []

    async def handler(call: aio.Session) -> None:
        inside.append(trace.get_current_span().get_span_context())
        await call.answer()
        await call.api("nonsense")
        if len(inside) == 2:
            raise RuntimeError("oh no")

    async with aio.serve(handler, observer=collected.observer) as server:
        call = await asyncio.to_thread(switch.call, f"127.0.0.1:{server.port}")
        await until(lambda: server.taken == 1 and not server.calls)
        await asyncio.to_thread(switch.call, f"127.0.0.1:{server.port}")
        await until(lambda: server.failed == 1 and not server.calls)
        found = collected.metrics()
        assert found["esl.server.calls"] == [({}, 2)]
        assert found["esl.server.failed_calls"] == [({}, 1)]
        assert found["esl.server.active_calls"] == [({}, 0)]
        assert found["esl.client.connections"] == [({}, 2)]
    spans = collected.spans()
    first, failed = [span for span in spans if span.name == "esl.call"]
    assert first.kind is trace.SpanKind.SERVER
    assert first.attributes["esl.channel.uuid"] == call.uuid
    assert first.attributes["esl.socket.mode"] == "async"
    assert first.attributes["client.address"] == "127.0.0.1" and first.attributes["client.port"] > 0
    assert (first.status.status_code, failed.status.status_code) == (trace.StatusCode.UNSET, trace.StatusCode.ERROR)
    assert failed.attributes["error.type"] == "RuntimeError"
    assert first.context.trace_id == inside[0].trace_id and first.context.span_id == inside[0].span_id
    children = [span for span in spans if span.parent is not None and span.parent.span_id == first.context.span_id]
    named = {(span.name, span.attributes.get("esl.application.name") or span.attributes["esl.command.name"]) for span in children}
    assert {("esl.command", "connect"), ("esl.application", "answer"), ("esl.command", "api")} <= named
    asked = next(span for span in children if span.attributes.get("esl.command.name") == "api")
    assert asked.kind is trace.SpanKind.CLIENT and asked.attributes["error.type"] == "error"
    assert asked.attributes["esl.command.id"] > 0
    assert not trace.get_current_span().get_span_context().is_valid


@sync_test
def test_prometheus(switch: Switch) -> None:
    registry = CollectorRegistry()
    metrics = Metrics(registry)
    switch.api["status"] = "UP"

    def handler(call: sync.Session) -> None:
        call.answer()

    with sync.connect(switch.host, switch.port, observer=metrics) as fs, sync.serve(handler, observer=metrics) as server:
        serving = Background(server.serve_forever)
        fs.api("status")
        switch.api["slow"] = NEVER
        with pytest.raises(TimeoutError):
            fs.api("slow", timeout=0.01)
        switch.call(f"127.0.0.1:{server.port}")
        until_now(lambda: server.taken == 1 and not server.calls)
        server.close()
        serving.result()
        text = generate_latest(registry).decode()
    where = f'server_address="{switch.host}",server_port="{switch.port}"'
    for line in (
        f"esl_client_connections_total{{{where}}} 1.0",
        f"esl_client_commands_total{{{where}}} 2.0",
        'esl_client_connections_total{server_address="",server_port=""} 1.0',
        f'esl_client_io_bytes_total{{network_io_direction="receive",{where}}}',
        f'esl_client_io_bytes_total{{network_io_direction="transmit",{where}}}',
        f"esl_client_command_timeouts_total{{{where}}} 1.0",
        "esl_server_calls_total 1.0",
        "esl_server_active_calls 0.0",
        f'esl_client_command_duration_seconds_count{{error_type="",esl_command_name="api",{where}}} 1.0',
        'esl_server_call_duration_seconds_count{error_type=""} 1.0',
    ):
        name, _, labels = line.partition("{")
        parts = sorted(labels.partition("}")[0].split(",")) if labels else []
        end = line.rpartition("}")[2] if labels else ""

        def matches(found: str) -> bool:
            its_name, _, its_labels = found.partition("{")
            its_parts = sorted(its_labels.partition("}")[0].split(",")) if its_labels else []
            return its_name == name and its_parts == parts and found.endswith(end)

        assert any(matches(found) for found in text.splitlines()), (line, text)
