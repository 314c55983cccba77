"""What is known of each channel of a server, from its events: `Calls` keeps it, without I/O.

    calls = Calls()
    calls.restore(fs.api("show channels as json").text)        # what is there already
    for event in fs.events(*Calls.EVENTS, *Calls.SUBCLASSES):
        change = calls.take(event)
        if change is not None and change.kind == "ended":
            print(change.call.uuid, change.call.cause)

After a gap in the events, `restore` again: what the list does not name is gone, and is returned.
"""

from esl_proto._native import Call, Calls, Change

__all__ = ["Call", "Calls", "Change"]
