"""Figures for Prometheus, read from what is there at each scrape; nothing is counted twice."""

from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector


class HubCollector(Collector):
    """Servers, parts and calls as gauges."""

    def __init__(self, status: Callable[[], dict[str, Any]]) -> None:
        self._status = status

    def collect(self) -> Iterator[GaugeMetricFamily]:
        status = self._status()
        up = GaugeMetricFamily("hub_server_up", "1 while the server is ready", labels=["server", "state"])
        restarts = GaugeMetricFamily(
            "hub_server_restarts", "Restarts since the hub started", labels=["server"]
        )
        latency = GaugeMetricFamily(
            "hub_tool_call_milliseconds", "Recent ToolCalls of a server", labels=["server", "quantile"]
        )
        for server in status["servers"]:
            name = server["name"]
            up.add_metric([name, server["state"]], float(server["state"] == "ready"))
            restarts.add_metric([name], server["restarts"])
            for quantile, key in (("0.5", "p50_ms"), ("0.95", "p95_ms")):
                if server[key] is not None:
                    latency.add_metric([name, quantile], server[key])
        parts = GaugeMetricFamily("hub_part_up", "1 while the part is ready", labels=["part", "state"])
        for part in status["parts"]:
            parts.add_metric([part["name"], part["state"]], float(part["state"] == "ready"))
        calls = GaugeMetricFamily("hub_calls", "VoiceCalls", labels=["which"])
        for which, number in status["calls"].items():
            calls.add_metric([which], number)
        yield from (up, restarts, latency, parts, calls)


def metrics(status: Callable[[], dict[str, Any]]) -> Callable[[], bytes]:
    """A function that renders the figures of this moment."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HubCollector(status))
    return lambda: generate_latest(registry)
