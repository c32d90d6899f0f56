"""tests/io/websocket_peer.py: the other end of WebSockets in io_test, by Debian's python3-websockets.

    websocket_peer.py client URL CA_FILE             talks to our server; fails if it is not understood
    websocket_peer.py server CERTIFICATE_FILE KEY_FILE   prints its port, then echoes; see COMMANDS
"""

import asyncio
import os
import signal
import ssl
import sys

import websockets

SUBPROTOCOL = "curfew.test.v1"
MESSAGE_BYTES_MAX = 64 * 1024


def connect(url, ca_file):
    context = ssl.create_default_context(cafile=ca_file) if url.startswith("wss:") else None
    # permessage-deflate is offered, as this library does by itself: it must be declined.
    return websockets.connect(url, ssl=context, subprotocols=[SUBPROTOCOL], max_size=None)


async def exchange_messages(url, ca_file):
    async with connect(url, ca_file) as peer:
        assert peer.subprotocol == SUBPROTOCOL, peer.subprotocol
        assert not peer.extensions, peer.extensions
        for size in (0, 1, 125, 126, 127, 65535, MESSAGE_BYTES_MAX):
            for message in ("t" * size, b"\xff" * size):
                await peer.send(message)
                assert await peer.recv() == message, size
        await peer.send(["Gr\u00fc", "\u00dfe", "\U0001f510"])
        assert await peer.recv() == "Gr\u00fc\u00dfe\U0001f510"
        await (await peer.ping(b"are you there"))
        await peer.close(4000, "bye")
        assert peer.close_code == 4000, peer.close_code


async def exceed_the_limit(url, ca_file):
    async with connect(url, ca_file) as peer:
        await peer.send(b"x" * (MESSAGE_BYTES_MAX + 1))
        try:
            await peer.recv()
        except websockets.ConnectionClosed as closed:
            assert closed.rcvd.code == 1009, closed
        else:
            raise AssertionError("a message over the limit was taken")


async def be_a_client(url, ca_file):
    await exchange_messages(url, ca_file)
    await exceed_the_limit(url, ca_file)


async def fragments(peer):
    await peer.send(["frag", "men", "ts"])


async def ping(peer):
    await (await peer.ping())
    await peer.send("ponged")


async def close(peer):
    await peer.close(4002, "as told")


async def die(_peer):
    os.kill(os.getpid(), signal.SIGKILL)


COMMANDS = {command.__name__: command for command in (fragments, ping, close, die)}


async def serve_peer(peer):
    try:
        async for message in peer:
            if message in COMMANDS:
                await COMMANDS[message](peer)
            else:
                await peer.send(message)
    except websockets.ConnectionClosed:
        pass


async def be_a_server(certificate_file, key_file):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate_file, key_file)
    async with websockets.serve(serve_peer, "127.0.0.1", 0, ssl=context,
                                subprotocols=[SUBPROTOCOL]) as server:
        print(server.sockets[0].getsockname()[1], flush=True)
        await asyncio.Future()


asyncio.run({"client": be_a_client, "server": be_a_server}[sys.argv[1]](*sys.argv[2:]))
