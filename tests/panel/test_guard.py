"""Who may ask, what may be sent, and that junk is never answered with a traceback. No browser: aiohttp's own client."""

import asyncio
import json
import socket

import pytest

aiohttp = pytest.importorskip('aiohttp')

from fakebooth import FakeBooth, apart, served  # noqa: E402

from appliance.errors import OptionError  # noqa: E402
from appliance.panel import Disc, Options, serve  # noqa: E402

JUNK = ['', 'null', '[]', '7', '"set"', '{', '{"t":7}', '{"t":"open the till"}', '{"t":"set"}', '{"t":{"a":1}}',
        '{"t":"set","name":"lamp","on":true}', '{"t":"set","name":["record"],"on":true}', '[' * 5000,
        '{"t":"set","name":"record","on":1}', '{"t":"set","name":"record","on":"true"}',
        '{"t":"fault","name":"fire","on":true}', '{"t":"fault","name":{},"on":true}', '{"t":"fault","name":"stall"}',
        '{"t":"host","command":"forget all"}', '{"t":"host","command":[]}', '{"t":"hear","on":[]}', '\x00',
        '💿']  # fmt: skip


def ask(work):
    """A coroutine with a client of its own."""

    async def go():
        async with aiohttp.ClientSession() as client:
            return await work(client)

    return apart(asyncio.run, go())


def own(url):
    return {'Origin': url.rstrip('/')}


def status(url, path='', method='GET', headers=None, **more):
    async def work(client):
        async with client.request(method, url + path, headers=headers, **more) as answer:
            return answer.status

    return ask(work)


async def facts(live):
    """The next facts on a socket."""
    while True:
        message = await live.receive(timeout=60)
        assert not live.closed, live.close_code
        if message.type is aiohttp.WSMsgType.TEXT and (said := json.loads(message.data))['t'] == 'facts':
            return said['is']


@pytest.mark.parametrize('host', ['127.0.0.1', 'localhost', '[::1]', 'LOCALHOST'])
def test_the_page_answers_to_the_names_of_this_computer(url, host):
    port = url.rstrip('/').rsplit(':', 1)[1]
    assert status(url, headers={'Host': f'{host}:{port}'}) == 200


@pytest.mark.parametrize(
    'host', ['evil.example:{port}', '127.0.0.1', '127.0.0.1:1', '', 'localhost.evil.example:{port}']
)
def test_a_name_that_was_made_to_point_here_is_refused(url, host):
    port = url.rstrip('/').rsplit(':', 1)[1]
    assert status(url, headers={'Host': host.format(port=port)}) == 403


@pytest.mark.parametrize(
    'origin', [None, 'null', 'http://evil.example', 'https://{own}', 'http://localhost:1', 'http://{own}.evil']
)
def test_only_pages_of_its_own_may_change_anything(booth, url, origin):
    own_host = url.removeprefix('http://').rstrip('/')
    headers = {} if origin is None else {'Origin': origin.format(own=own_host)}
    assert status(url, 'voice', 'POST', headers, data=b'sound') == 403
    upgrade = {'Upgrade': 'websocket', 'Connection': 'Upgrade', 'Sec-WebSocket-Version': '13',
               'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ=='}  # fmt: skip
    assert status(url, 'socket', headers=headers | upgrade) == 403
    assert booth.calls == []


def test_a_page_of_the_other_name_of_this_computer_is_another_origin(url):
    port = url.rstrip('/').rsplit(':', 1)[1]
    assert status(url, 'voice', 'POST', {'Origin': f'http://localhost:{port}'}, data=b'x') == 403


@pytest.mark.parametrize('path', ['', 'main.js', 'nothing', 'letters/1/sound', 'socket'])
def test_every_answer_says_what_the_page_may_do(url, path):
    async def work(client):
        async with client.get(url + path) as answer:
            return answer.headers

    headers = ask(work)
    policy = dict(part.strip().split(' ', 1) for part in headers['Content-Security-Policy'].split(';'))
    assert policy['default-src'] == policy['frame-ancestors'] == "'none'"
    assert policy['script-src'] == policy['style-src'] == "'self'"
    assert 'unsafe' not in headers['Content-Security-Policy']
    assert headers['X-Content-Type-Options'] == 'nosniff'
    assert headers['Cache-Control'] == 'no-store'


@pytest.mark.parametrize('path', ['..%2fhandles.py', '../handles.py', '.%2e/__init__.py', 'letters/1/groove',
                                  'letters/x/sound', 'letters/1/../../handles.py', 'handles.py', '%00',
                                  'letters/99999999999/sound'])  # fmt: skip
def test_nothing_but_the_page_and_the_letters_can_be_fetched(url, path):
    assert status(url, path) == 404


def test_a_letter_is_fetched_and_kept_by_its_number(booth, url, tmp_path):
    wav = tmp_path / 'any name.wav'
    wav.write_bytes(b'RIFF and so on')
    booth.discs = (Disc(7, 3.0, 78.26, sound=wav, report=tmp_path / 'gone.json'),)

    async def work(client):
        async with client.get(url + 'letters/7/sound?save', headers={'Range': 'bytes=5-7'}) as answer:
            return answer.status, answer.headers, await answer.read()

    code, headers, body = ask(work)
    assert (code, body) == (206, b'and')
    assert headers['Content-Type'] == 'audio/wav'
    assert headers['Content-Disposition'] == 'attachment; filename="audio-letter-7.wav"'
    assert status(url, 'letters/7/picture') == status(url, 'letters/7/report') == status(url, 'letters/8/sound') == 404


def test_what_a_disc_sounds_like_without_noise_is_made_when_it_is_asked_for(booth, url, tmp_path):
    wav = tmp_path / 'clean.wav'
    booth.discs = (Disc(7, 3.0, 78.26, clean=wav),)
    assert status(url, 'letters/7/clean') == 404  # it could not be made
    wav.write_bytes(b'RIFF')
    assert status(url, 'letters/7/clean') == 200
    assert status(url, 'letters/8/clean') == 404
    assert booth.calls == [('clean', 7), ('clean', 7)]


def test_a_recording_is_the_microphone_and_is_gone_when_it_was_read(booth, url, scratch):
    assert status(url, 'voice', 'POST', own(url), data=b'a voice') == 204
    assert booth.spoken == [b'a voice']
    assert list(scratch.iterdir()) == []


def test_what_is_no_sound_is_refused_in_a_sentence(url, scratch):
    async def work(client):
        async with client.post(url + 'voice', data=b'no sound at all', headers=own(url)) as answer:
            return answer.status, await answer.text()

    code, text = ask(work)
    assert code == 422
    assert text.strip() == 'the recording holds no sound'
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize('said', [True, False], ids=['its size is said', 'its size is not said'])
def test_a_recording_that_is_too_large_is_refused(booth, url, scratch, monkeypatch, said):
    monkeypatch.setattr('appliance.panel.rooms.MAX_UPLOAD', 100_000)

    async def pieces():
        for _ in range(4):
            yield bytes(50_000)

    assert status(url, 'voice', 'POST', own(url), data=bytes(100_001) if said else pieces()) == 413
    assert status(url, 'voice', 'POST', own(url), data=bytes(100_000)) == 204
    assert [len(each) for each in booth.spoken] == [100_000]
    assert list(scratch.iterdir()) == []


def test_a_run_folder_that_is_gone_is_said(url, scratch):
    scratch.rmdir()
    assert status(url, 'voice', 'POST', own(url), data=b'a voice') == 507


def test_junk_on_the_socket_is_ignored(booth, url, capfd, caplog):
    async def work(client):
        async with client.ws_connect(url + 'socket', headers=own(url)) as live:
            for text in JUNK:
                await live.send_str(text)
            for data in (b'', b'\x01', b'\x00' * 4):  # this page is not the microphone
                await live.send_bytes(data)
            await live.send_str('{"t":"set","name":"blank","on":true}')
            while not (await facts(live))['inputs']['blank']:
                pass

    ask(work)
    assert booth.calls == [('set', 'blank', True)]
    assert capfd.readouterr().err == ''
    assert caplog.records == []


def test_a_page_that_is_gone_touches_nothing(booth, url):
    """Two hold the button; one is cut off without a word (a crash, a cable), then the other."""

    async def work(client):
        sockets = [await client.ws_connect(url + 'socket', headers=own(url)) for _ in range(2)]
        for live in sockets:
            await live.send_str('{"t":"set","name":"record","on":true}')
            while not (await facts(live))['inputs']['record']:
                pass
        await sockets[1].send_str('{"t":"show"}')  # taken after its press was
        await asyncio.to_thread(booth.wait, 'show')
        sockets[0].get_extra_info('socket').shutdown(socket.SHUT_RDWR)
        await sockets[1].send_str('{"t":"set","name":"blank","on":true}')
        await asyncio.to_thread(booth.wait, 'set', 'blank', True)
        sockets[1].get_extra_info('socket').shutdown(socket.SHUT_RDWR)
        await asyncio.to_thread(booth.wait, 'set', 'record', False)

    ask(work)
    assert [call for call in booth.calls if call[1:2] == ('record',)] == [
        ('set', 'record', True),
        ('set', 'record', False),
    ]
    assert booth.calls.index(('set', 'record', False)) > booth.calls.index(('set', 'blank', True))


def test_a_page_that_answers_no_more_holds_nothing(booth, url, monkeypatch):
    """A laptop that was closed: nothing says that it is gone."""
    monkeypatch.setattr('appliance.panel.tab.HEARTBEAT_S', 0.2)

    async def work(client):
        live = await client.ws_connect(url + 'socket', headers=own(url))
        await live.send_str('{"t":"set","name":"record","on":true}')
        await asyncio.to_thread(booth.wait, 'set', 'record', False)  # this client answers pings only while it reads

    ask(work)
    assert [call for call in booth.calls if call[1:2] == ('record',)] == [
        ('set', 'record', True),
        ('set', 'record', False),
    ]


def test_a_page_that_cannot_be_told_what_is_new_is_closed_so_that_it_comes_again(booth, url, caplog):
    """Else it would show what was, and let a visitor press for it."""

    async def work(client):
        async with client.ws_connect(url + 'socket', headers=own(url)) as live:
            await facts(live)
            booth.lamp, lamp = lambda: 1 / 0, booth.lamp
            while (await live.receive(timeout=60)).type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                pass
        booth.lamp = lamp
        async with client.ws_connect(url + 'socket', headers=own(url)) as again:
            return live.close_code, (await facts(again))['state']

    assert ask(work) == (1011, 'attract')
    assert [record.getMessage() for record in caplog.records] == ['the page cannot be told what is new, and is closed']


def test_a_message_that_is_too_long_ends_that_socket_alone(booth, url):
    async def work(client):
        async with (
            client.ws_connect(url + 'socket', headers=own(url)) as one,
            client.ws_connect(url + 'socket', headers=own(url)) as other,
        ):
            await one.send_str('"' + 'x' * 200_000 + '"')
            while (await one.receive(timeout=60)).type not in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED):
                pass
            await other.send_str('{"t":"show"}')
            while not (await facts(other))['showing']:
                pass
            return one.close_code

    assert ask(work) == 1009


@pytest.mark.parametrize(
    'raw',
    [b'\x16\x03\x01 is no HTTP\r\n\r\n', b'GET / HTTP/9.9\r\n\r\n', b'GET /' + b'a' * 20_000 + b' HTTP/1.1\r\n\r\n'],
)
def test_what_is_no_request_is_refused_without_a_trace(url, raw, capfd):
    with socket.create_connection(('127.0.0.1', int(url.rstrip('/').rsplit(':', 1)[1])), 20) as plug:
        plug.sendall(raw)
        assert plug.recv(100).split()[1] in (b'400', b'403')
    assert status(url) == 200
    assert capfd.readouterr().err == ''


def test_no_more_pages_than_there_is_room_for(url, monkeypatch):
    monkeypatch.setattr('appliance.panel.tab.MAX_TABS', 2)

    async def work(client):
        async with (
            client.ws_connect(url + 'socket', headers=own(url)) as first,
            client.ws_connect(url + 'socket', headers=own(url)),
        ):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await client.ws_connect(url + 'socket', headers=own(url))
            assert refused.value.status == 503
            await first.close()
            async with client.ws_connect(url + 'socket', headers=own(url)) as again:
                assert (await facts(again))['state'] == 'attract'

    ask(work)


def test_a_port_that_is_taken_is_said_with_what_to_do(booth, scratch):
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OptionError, match=f'--port: port {port} is taken .* --port {port + 1}'):
            apart(serve, booth, Options(scratch, port, browser=False))
    with pytest.raises(OptionError, match='port 70000 cannot be used'):
        apart(serve, booth, Options(scratch, 70_000, browser=False))


def test_nothing_but_this_computer_can_reach_it(scratch):
    with served(FakeBooth(), scratch) as url:
        port = int(url.rstrip('/').rsplit(':', 1)[1])
        with pytest.raises(ConnectionRefusedError), socket.create_connection(('127.0.0.2', port), 20):
            pass  # were it bound to all addresses, this one would answer too
