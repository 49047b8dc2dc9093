"""A booth that only speaks the lines of the protocol: for tests of the shell that need no kiosk.

Each first word does one thing (`WAYS`); what the shell sent, and what became of it, is in `asked`, `events`.
"""

import base64
import json
import socket
import threading

HELLO = {'hello': 'audioletter', 'protocol': 1, 'version': '0.1.0'}
LETTERS = {
    'kind': 'table',
    'columns': ['number', 'when', 'state', 'seconds', 'disc', 'name on the label'],
    'rows': [
        [217, '2026-11-27 14:03', 'cut', 41.25, 'xray-25', 'Anna Sergejewna Petrowa, Leningrad'],
        [218, '2026-11-27 14:20', 'kept', 8.5, 'xray-17', '田中 花子'],
        [219, '2026-11-27 14:31', 'spoiled', None, 'pvc-25', '\x1b[2J\x1b]0;mine\x07'],
    ],
}


class FakeBooth:
    """Use as a context; `folder` gets the socket."""

    def __init__(self, folder, hello=HELLO):
        self.folder = folder
        self.hello = hello
        self.hellos = []
        self.asked = []  # words of each command
        self.events = []  # 'cancel', 'gone', 'answer True', ...
        self.news = threading.Condition()
        self.peers = []
        self._threads = []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(folder / 'shell.sock'))
        self._server.listen(8)

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *error):
        self._server.shutdown(socket.SHUT_RDWR)
        self._threads.pop(0).join()
        self._server.close()
        for peer in self.peers:
            peer.hang_up()
        for thread in self._threads:
            thread.join()
        (self.folder / 'shell.sock').unlink(missing_ok=True)

    def note(self, text):
        """To all that look on."""
        for peer in self.peers:
            peer.send({'note': text})

    def state(self, state, command='', yours=False):
        for peer in self.peers:
            peer.send({'state': state, 'command': command, 'yours': yours})

    def until(self, event, wait_s=10):
        """Whether it happened, or happens in time."""
        with self.news:
            return self.news.wait_for(lambda: event in self.events, wait_s)

    def tell(self, event):
        with self.news:
            self.events.append(event)
            self.news.notify_all()

    def _accept(self):
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            peer = Peer(self, connection)
            self.peers.append(peer)
            self._start(peer.serve)

    def _start(self, target):
        self._threads.append(threading.Thread(target=target, daemon=True))
        self._threads[-1].start()


class Peer:
    """One shell."""

    def __init__(self, booth, connection):
        self.booth = booth
        self.connection = connection
        self.lines = connection.makefile('rb')
        self.cancelled = False

    def send(self, line):
        try:
            self.connection.sendall(json.dumps(line).encode() + b'\n')
        except OSError:
            self.booth.tell('unheard')

    def say(self, number, **said):
        self.send({'id': number, 'say': said})

    def end(self, number, code=0, **why):
        self.send({'id': number, 'end': {'code': code, **why}})

    def hang_up(self):
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def next(self):
        try:
            text = self.lines.readline()
        except ConnectionResetError:  # it left without having read all
            return None
        return json.loads(text) if text else None

    def serve(self):
        with self.connection, self.lines:
            self._serve()

    def _serve(self):
        if self.booth.hello is not None:
            self.send(self.booth.hello)
        self.booth.hellos.append(self.next())
        self.send({'state': 'attract', 'command': '', 'yours': False})
        self.booth.tell('hello')
        while (line := self.next()) is not None:
            if 'do' in line:
                self.booth.asked.append(line['do'])
                self.booth.tell(f'do {" ".join(line["do"])}')
                WAYS.get(line['do'][0] if line['do'] else '', unknown)(self, line['id'], line['do'])
            elif 'width' in line:
                self.booth.tell(f'width {line["width"]}')
            elif 'complete' in line:
                self.booth.tell(f'complete {line["complete"]}')
                words = line['complete'].split()
                begun = '' if line['complete'][-1:] in ('', ' ') else words[-1]
                names = ['show', 'list', 'forget'] if line['complete'].startswith('letters ') else sorted(WAYS)
                self.send({'id': line['id'], 'choices': [name for name in names if name.startswith(begun)]})
        self.booth.tell('gone')


def unknown(peer, number, words):
    peer.end(number, 2, what=f'there is no command {words[0]!r}', remedy='help lists all commands')


def status(peer, number, words):
    peer.say(number, kind='facts', facts={'state': 'attract', 'visitor': False, 'free, MB': 1234.5678, 'cause': None})
    peer.end(number)


def letters(peer, number, words):
    for rows, more in ((LETTERS['rows'][:2], True), (LETTERS['rows'][2:], False)):  # as a long one comes
        peer.say(number, **{**LETTERS, 'rows': rows}, more=more)
    peer.end(number)


def echo(peer, number, words):
    peer.say(number, kind='line', text=' '.join(words[1:]))
    peer.end(number)


def jog(peer, number, words):
    """Goes on until it is cancelled."""
    peer.say(number, kind='line', text='jogging')
    line = peer.next()
    if line is None:
        return peer.booth.tell('jog stopped')
    peer.booth.tell('cancel')
    peer.say(number, kind='line', text='stopped at 12.5 mm')
    return peer.end(number)


def deaf(peer, number, words):
    peer.say(number, kind='line', text='on and on')


def flood(peer, number, words):
    for at in range(int(words[1])):
        peer.say(number, kind='line', text=f'line {at} ' + 'x' * 100)
    peer.end(number)


def forget(peer, number, words):
    peer.send({'id': number, 'ask': f'Forget letter no. {words[1]} for good?'})
    answer = peer.next()
    if answer is None:
        return
    peer.booth.tell(f'answer {answer.get("answer")}')
    if answer.get('answer'):
        peer.say(number, kind='line', text='forgotten')
        peer.end(number)
    else:
        peer.end(number, 3, what='nothing was done', where='forget', remedy='answer yes, or write --yes')


def label(peer, number, words):
    data = bytes(range(256)) * 300
    for at in range(0, len(data), 40_000):
        part = base64.b64encode(data[at : at + 40_000]).decode()
        peer.say(number, kind='blob', name='label-217.pdf', data=part, more=at + 40_000 < len(data))
    peer.say(number, kind='line', text='a label of one page')
    peer.end(number)


def take(peer, number, words):
    """A file from stdin."""
    peer.send({'id': number, 'want': 'input'})
    data, more = b'', True
    while more:
        line = peer.next()
        if 'cancel' in line:
            peer.end(number, 130)
            return
        data += base64.b64decode(line['input'])
        more = line['more']
    peer.say(number, kind='line', text=f'{len(data)} bytes, {data[:10]!r}')
    peer.end(number)


def fail(peer, number, words):
    peer.end(number, int(words[1]), what='it went wrong', where='the \x1b[31mlathe', remedy='look at it')


def drop(peer, number, words):
    peer.hang_up()


def odd(peer, number, words):
    peer.say(number, kind='hologram', text='?')


def note(peer, number, words):
    peer.send({'note': 'anna has taken the command of the booth'})
    peer.send({'state': 'maintenance', 'command': 'anna', 'yours': False})
    peer.end(number)


def mine(peer, number, words):
    peer.send({'state': 'maintenance', 'command': 'me', 'yours': True})
    peer.end(number)


def secret(peer, number, words):
    peer.send({'id': number, 'end': {'code': 0, 'private': True}})


def system(peer, number, words):
    peer.end(number)


WAYS = {
    'status': status, 'letters': letters, 'echo': echo, 'jog': jog, 'deaf': deaf, 'flood': flood, 'forget': forget,
    'label': label, 'take': take, 'fail': fail, 'drop': drop, 'odd': odd, 'note': note, 'mine': mine,
    'secret': secret, 'system': system,
}  # fmt: skip
