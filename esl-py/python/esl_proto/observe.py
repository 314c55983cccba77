"""Observing connections, for metrics, traces and monitoring: an `Observer` gets a callback for each command with its
duration and outcome, for jobs, applications and calls, for events, losses and gaps, and for connections that begin and
end.

    class Slow(Observer):
        def ended(self, work):
            if work.seconds > 1:
                print(work.peer, work.kind, work.name, work.outcome, work.seconds)

    fs = connect("10.0.0.1", observer=Slow())

`connect`, `connect_all` and `serve` of `esl_proto.aio` and `esl_proto.sync` take one. `esl_proto.otel` and
`esl_proto.prometheus` are observers for these two.
"""

from esl_proto._shared.observing import Kind, ObservedConnection, ObservedServer, Observer, Peer, Work

__all__ = ["Kind", "ObservedConnection", "ObservedServer", "Observer", "Peer", "Work"]
