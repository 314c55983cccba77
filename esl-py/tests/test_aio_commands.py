"""esl_proto.aio: commands and their answers, jobs, applications; and giving up on them."""

from __future__ import annotations

import asyncio
import logging

import pytest
from aio_support import aio_test, until
from esl_proto import ApiResponse, Command, LocalProtocolError, Reply
from esl_proto.aio import (
    AccessDenied,
    AuthenticationError,
    ChannelEnded,
    CommandError,
    ConnectionClosed,
    Inbound,
    connect,
)
from esl_proto.testing import NEVER, Later, Switch, User


def to(switch: Switch, **options: object) -> object:
    return connect(switch.host, switch.port, **options)  # type: ignore[arg-type]


@aio_test
async def test_an_api_command_and_its_answer(switch: Switch) -> None:
    switch.api["status"] = "UP 0 years\n"
    async with connect(switch.host, switch.port) as fs:
        answer = await fs.api("status")
        assert isinstance(answer, ApiResponse)
        assert answer.text == "UP 0 years\n"
        assert not answer.error
        assert fs.is_open
    assert not fs.is_open
    assert [str(command) for command in switch.commands] == ["auth ClueCon", "api status", "exit"]


@aio_test
async def test_awaited_instead_of_entered(switch: Switch) -> None:
    fs = await connect(switch.host, switch.port)
    assert (await fs.api("nonsense")).error
    await fs.close()
    await fs.close()
    await fs.wait_closed()


@aio_test
async def test_an_error_is_an_answer_or_an_exception(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        answer = await fs.api("nonsense")
        assert answer.error
        with pytest.raises(CommandError, match="nonsense") as raised:
            await fs.api("nonsense", check=True)
        assert raised.value.answer.text == answer.text
        with pytest.raises(CommandError, match="no keywords"):
            await fs.subscribe("NO_SUCH_EVENT")


@aio_test
async def test_a_forged_command_is_refused_before_anything_is_sent(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        with pytest.raises(LocalProtocolError):
            await fs.api("status\n\nexit")
        with pytest.raises(LocalProtocolError):
            await fs.linger(3)  # There is no channel.
        assert (await fs.api("version")).text


@aio_test
async def test_thousands_of_commands_in_flight(switch: Switch) -> None:
    switch.api["echo"] = lambda what: what
    async with connect(switch.host, switch.port) as fs:
        answers = await asyncio.gather(*(fs.send(Command.api(f"echo {n}")) for n in range(5000)))
        assert [answer.text for answer in answers] == [str(n) for n in range(5000)]
        assert fs.pending == 0


@aio_test
async def test_a_wrong_password(switch: Switch) -> None:
    with pytest.raises(AuthenticationError) as raised:
        async with connect(switch.host, switch.port, password="wrong"):
            pass
    assert raised.value.end == "auth-refused"
    await until(lambda: not switch.connections)


@aio_test
async def test_an_address_that_may_not_connect(switch: Switch) -> None:
    switch.deny = True
    with pytest.raises(AccessDenied, match="go away"):
        await connect(switch.host, switch.port)


@aio_test
async def test_nobody_listens(switch: Switch) -> None:
    switch.refuse()
    with pytest.raises(ConnectionRefusedError):
        await connect(switch.host, switch.port)


@aio_test
async def test_a_server_that_says_nothing() -> None:
    async def mute(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)
        writer.close()

    async with await asyncio.start_server(mute, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(TimeoutError):
            await connect("127.0.0.1", port, timeout=0.05)
        await asyncio.sleep(1.1)


@aio_test
async def test_users_and_their_rights(switch: Switch) -> None:
    switch.users["bob@example.org"] = User("secret", api="status")
    switch.api["status"] = "UP"
    async with connect(switch.host, switch.port, user="bob@example.org", password="secret") as fs:
        assert (await fs.api("status")).text == "UP"
        refused = await fs.api("version")  # Answered by a reply, not by a response.
        assert isinstance(refused, Reply)
        assert refused.error
    with pytest.raises(ValueError, match="name@domain"):
        connect(user="bob")


@aio_test
async def test_a_job_and_its_result(switch: Switch) -> None:
    switch.api["slow"] = Later(0.05, "+OK done\n")
    async with connect(switch.host, switch.port) as fs:
        job = await fs.bgapi("slow")
        assert not job.done()
        result = await job
        assert (result.text, result.ok, result.error, result.detail) == ("+OK done\n", True, False, "done")
        assert result.event.job_uuid == job.uuid
        assert (await job).text == "+OK done\n"  # As often as one likes.
        quick = [await fs.bgapi(f"nonsense {n}") for n in range(20)]
        assert all([(await job).error for job in quick])
        lines = [str(command) for command in switch.commands]
        assert lines.count("event plain BACKGROUND_JOB") == 1


@aio_test
async def test_a_job_gets_through_filters(switch: Switch) -> None:
    switch.api["slow"] = "+OK"
    async with connect(switch.host, switch.port) as fs:
        await fs.filter("Unique-ID", "5fd4")
        assert (await (await fs.bgapi("slow"))).ok
    async with connect(switch.host, switch.port) as fs:
        assert (await (await fs.bgapi("slow"))).ok
        await fs.filter("Unique-ID", "5fd4")
        assert (await (await fs.bgapi("slow"))).ok


@aio_test
async def test_a_job_that_arrives_before_its_reply(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        await fs.subscribe("BACKGROUND_JOB")
        link = switch.connections[0]
        link.hold()
        starting = asyncio.create_task(fs.bgapi("status"))
        command = await switch.received("bgapi status")
        uuid = command.get("Job-UUID")
        text = f"Event-Name: BACKGROUND_JOB\nJob-UUID: {uuid}\nContent-Length: 3\n\n+OK"
        early = f"Content-Length: {len(text)}\nContent-Type: text/event-plain\n\n{text}"
        fs._take(fs._session.receive(early.encode()))
        link.release()
        job = await starting
        assert job.done()
        assert (await job).text == "+OK"


@aio_test
async def test_a_refused_job(switch: Switch) -> None:
    switch.users["bob@x"] = User("secret", api="status")
    async with connect(switch.host, switch.port, user="bob@x", password="secret") as fs:
        with pytest.raises(CommandError, match="permission denied"):
            await fs.bgapi("version")


@aio_test
async def test_an_application_and_its_end(switch: Switch) -> None:
    call = switch.new_call()
    async with connect(switch.host, switch.port) as fs:
        done = await fs.execute(call.uuid, "playback", "hello.wav")
        assert done["Application"] == "playback"
        assert done["Application-Response"] == "FILE PLAYED"
        assert call.executed == [("playback", "hello.wav")]
        with pytest.raises(CommandError, match="invalid session id"):
            await fs.execute("no-such-channel", "playback", "hello.wav")
        assert fs.pending == 0


@aio_test
async def test_an_application_whose_channel_ends(switch: Switch) -> None:
    call = switch.new_call()
    switch.apps["wait"] = NEVER
    async with connect(switch.host, switch.port) as fs:
        waiting = [asyncio.create_task(fs.execute(call.uuid, "wait")) for _ in range(3)]
        await switch.received("sendmsg", count=3)
        await until(lambda: call.executed)
        call.hangup("USER_BUSY")
        for task in waiting:
            with pytest.raises(ChannelEnded) as raised:
                await task
            assert raised.value.cause == "USER_BUSY"
            assert raised.value.event is not None
        assert fs.pending == 0


@aio_test
async def test_every_wait_ends_with_the_connection(switch: Switch) -> None:
    call = switch.new_call()
    switch.api["never"] = NEVER
    switch.apps["never"] = NEVER
    async with connect(switch.host, switch.port) as fs:
        job = await fs.bgapi("never")
        stream = fs.events("HEARTBEAT")
        waits = [
            asyncio.create_task(fs.execute(call.uuid, "never")),
            asyncio.create_task(job.result()),
            asyncio.create_task(stream.get()),
        ]
        await switch.received("sendmsg")
        waits.append(asyncio.create_task(fs.api("never")))
        await switch.received("api never")
        switch.disconnect("shutdown")
        for wait in waits:
            with pytest.raises(ConnectionClosed) as raised:
                await wait
            assert raised.value.end == "shutdown"
        with pytest.raises(ConnectionClosed):
            await fs.api("status")
        with pytest.raises(ConnectionClosed):
            async for _ in stream:
                pass
        await fs.wait_closed()
        stream.close()


@aio_test
async def test_a_stream_that_ends_in_the_middle_of_a_frame(switch: Switch) -> None:
    switch.api["big"] = "x" * 100_000
    async with connect(switch.host, switch.port) as fs:
        switch.connections[0].cut(50_000)
        with pytest.raises(ConnectionClosed) as raised:
            await fs.api("big")
        assert raised.value.end == "eof"


@aio_test
async def test_a_broken_framing(switch: Switch) -> None:
    async with connect(switch.host, switch.port) as fs:
        answer = fs.send(Command.api("msleep 1000"))
        switch.connections[0].inject(b"Content-Type: api/response\nContent-Length: nonsense\n\n")
        with pytest.raises(ConnectionClosed) as raised:
            await answer
        assert raised.value.end == "protocol"
        await until(lambda: not switch.connections)


@aio_test
async def test_timeouts_leave_the_connection_in_step(switch: Switch) -> None:
    switch.api["slow"] = Later(0.1, "late")
    switch.api["echo"] = lambda what: what
    async with connect(switch.host, switch.port) as fs:
        for n in range(3):
            with pytest.raises(TimeoutError):
                await fs.api("slow", timeout=0.01)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await fs.api("slow")
            assert (await fs.api(f"echo {n}")).text == str(n)
        assert fs.pending == 0


@aio_test
async def test_cancelled_waits_leave_the_connection_in_step(switch: Switch) -> None:
    switch.api["slow"] = Later(0.1, "late")
    switch.api["echo"] = lambda what: what
    call = switch.new_call()
    switch.apps["slow"] = Later(0.1, "done")
    async with connect(switch.host, switch.port) as fs:
        job = await fs.bgapi("slow")
        waits = [
            asyncio.create_task(fs.api("slow")),
            asyncio.create_task(fs.execute(call.uuid, "slow")),
            asyncio.create_task(job.result()),
            asyncio.create_task(fs.bgapi("slow")),
        ]
        await switch.received("api slow")
        for wait in waits:
            wait.cancel()
        await asyncio.wait(waits)
        assert (await fs.api("echo 1")).text == "1"
        assert (await job).text == "late"  # It was only the wait that was given up.


@aio_test
async def test_closing_while_others_wait(switch: Switch) -> None:
    switch.api["never"] = NEVER
    fs = await connect(switch.host, switch.port)
    waiting = asyncio.create_task(fs.api("never"))
    await switch.received("api never")
    await fs.close(0.2)  # The server never answers: the socket is closed all the same.
    with pytest.raises(ConnectionClosed) as raised:
        await waiting
    assert raised.value.end == "closed"
    await until(lambda: not switch.connections)


@aio_test
async def test_a_command_while_another_task_closes(switch: Switch) -> None:
    fs = await connect(switch.host, switch.port)
    closing = asyncio.create_task(fs.close())
    await asyncio.sleep(0)  # `exit` is on its way.
    with pytest.raises(ConnectionClosed) as closed:
        await fs.api("status")
    assert closed.value.end == "exit"
    await closing


@aio_test
async def test_passwords_are_not_logged(switch: Switch, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "esl_proto")
    switch.users["bob@x"] = User("hidden-secret")
    async with connect(switch.host, switch.port, user="bob@x", password="hidden-secret") as fs:
        await fs.api("version")
    assert "version" in caplog.text
    assert "hidden" not in caplog.text


@aio_test
async def test_a_connection_from_many_tasks(switch: Switch) -> None:
    switch.api["echo"] = lambda what: what
    async with connect(switch.host, switch.port) as fs:

        async def one(fs: Inbound, name: int) -> None:
            for n in range(50):
                assert (await fs.api(f"echo {name}-{n}")).text == f"{name}-{n}"
                await fs.sendevent("CUSTOM", {"Event-Subclass": "t::t"}, "body")

        async with asyncio.TaskGroup() as tasks:
            for name in range(20):
                tasks.create_task(one(fs, name))
