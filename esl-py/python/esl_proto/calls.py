"""A table of a server's channels, built from its events, without I/O.

    calls = Calls()
    calls.restore(fs.api("show channels as json").text)        # what is there already
    for event in fs.events(*Calls.EVENTS, *Calls.SUBCLASSES):
        change = calls.take(event)
        if change is not None and change.kind == "ended":
            print(change.call.uuid, change.call.cause)

After a gap in the events, call `restore` again: channels that are not on the list are removed and returned.
"""

from esl_proto._native import Call, Calls, Change

__all__ = ["Call", "Calls", "Change"]
