"""The desk's socket: who comes, what they ask, and that nobody can be a burden to the booth."""

import contextlib
import json
import os
import socket
import stat

import pytest

from appliance.desk.lines import LONGEST
from appliance.desk.server import SOCKET, Server, _who
from appliance.desk.wire import Limits
from appliance.errors import StorageError
from appliance.workflow.values import Kind, State
from tests.desk.desk_rig import WAIT_S, Client, DeskRig


@pytest.fixture
def rig(tmp_path):
    with DeskRig(tmp_path) as rig:
        yield rig


def end(lines):
    return lines[-1]['end']


def test_a_command_is_answered_until_its_end(rig):
    assert rig.client().do('hello anna') == [
        {'id': 1, 'say': {'kind': 'line', 'text': 'hello anna, I am anna'}},
        {'id': 1, 'end': {'code': 0}},
    ]


def test_the_greeting_says_the_version(rig):
    assert rig.client(greet=False).hear() == {'hello': 'audioletter', 'protocol': 1, 'version': '1.2.3'}


@pytest.mark.parametrize(
    ('words', 'code', 'what'),
    [
        ('refuse', 3, 'the lid is open'),
        ('wrong', 70, 'a mistake of the program: ZeroDivisionError'),
        ('unwritable', 4, 'Read-only file system'),
        ('nothing of the kind', 2, "there is no command 'nothing of'"),
        ('change x', 2, "value is a whole number, not 'x'"),
        ('', 2, 'no command'),
    ],
)
def test_what_goes_wrong_is_said_and_the_next_command_works(rig, words, code, what):
    client = rig.client()
    found = end(client.do(words))
    assert (found['code'], found['what']) == (code, what)
    assert end(client.do('hello', 2)) == {'code': 0}


def test_a_question_is_asked_and_no_means_that_nothing_is_done(rig):
    client = rig.client()
    for yes, code in ((False, 3), (True, 0)):
        client.say(id=1, do=['forget', '7'])
        assert client.hear() == {'id': 1, 'ask': 'Forget 7?'}
        client.say(id=1, answer=yes)
        assert end(client.until_end())['code'] == code
    assert end(client.do('forget 7 --yes'))['code'] == 0
    assert [how for _, _, how in rig.desk.deeds] == ['nothing was done', 'done', 'done']


def test_whoever_cancels_a_question_has_not_answered_it(rig):
    client = rig.client()
    client.say(id=1, do=['forget', '7'])
    client.hear()
    client.say(id=1, cancel=True)
    assert end(client.until_end())['code'] == 130


def test_a_file_goes_in_and_another_comes_out(rig):
    client = rig.client()
    client.say(id=1, do=['read'])
    assert client.hear() == {'id': 1, 'want': 'input'}
    client.say(id=1, input='YWJj', more=True)
    client.say(id=1, input='ZGVm', more=False)
    (said, last) = client.until_end()
    assert said['say'] == {'kind': 'blob', 'name': 'back', 'data': 'ZmVkY2Jh'}
    assert last['end']['code'] == 0


def test_ctrl_c_ends_what_is_being_done(rig):
    client = rig.client()
    client.say(id=1, do=['jog'])
    rig.desk.begun.get(timeout=WAIT_S)
    client.say(id=1, cancel=True)
    assert end(client.until_end()) == {'code': 130}
    assert rig.desk.ended.get(timeout=WAIT_S) == 'jog'
    assert rig.desk.deeds == [('anna', 'jog', 'cancelled')]


def test_a_lost_connection_ends_what_is_being_done_and_frees_the_command(rig):
    client = rig.client()
    client.say(id=1, do=['jog'])
    rig.desk.begun.get(timeout=WAIT_S)
    client.close()
    assert rig.desk.ended.get(timeout=WAIT_S) == 'jog'
    assert end(rig.client('bert').do('change 1'))['code'] == 0


def test_what_was_waiting_when_the_connection_went_is_not_done(rig):
    client = rig.client()
    client.say(id=1, do=['jog'])
    client.say(id=2, do=['change', '5'])
    rig.desk.begun.get(timeout=WAIT_S)
    client.close()
    rig.desk.ended.get(timeout=WAIT_S)
    rig.server.close()
    assert [what for _, what, _ in rig.desk.deeds] == ['jog']


def test_stop_is_heard_from_any_session_and_beside_the_command_that_runs(rig):
    first, second = rig.client('anna'), rig.client('bert')
    for stopper in (first, second):
        first.say(id=1, do=['jog'])
        rig.desk.begun.get(timeout=WAIT_S)
        stopper.say(id=9, do=['stop'])
        said = stopper.hear()
        while 'say' not in said:
            said = stopper.hear()
        assert said['say']['text'] == '1 stopped'
        assert rig.desk.ended.get(timeout=WAIT_S) == 'jog'
        if stopper is second:
            told = [first.hear() for _ in range(4)]  # the end of its own stop and of what that stopped is among them
            assert {'note': 'bert (session 2) has stopped it'} in told
            assert told.count({'id': 1, 'end': {'code': 130}}) == 2


def test_one_commands_and_the_others_look_on(rig):
    anna, bert = rig.client('anna'), rig.client('bert')
    assert end(anna.do('change 1'))['code'] == 0
    refused = end(bert.do('change 2'))
    assert (refused['code'], refused['what']) == (3, 'anna (session 1) has the command of the booth')
    assert end(bert.do('hello'))['code'] == 0
    assert bert.do('take over')[0]['say']['text'] == 'anna'
    assert anna.hear() == {'note': 'bert (session 2) has taken over the command of the booth'}
    assert end(bert.do('change 2'))['code'] == 0
    assert ('bert', 'take over', 'done') in rig.desk.deeds
    assert end(anna.do('change 3'))['code'] == 3
    bert.close()
    assert who_commands(rig, anna) == []
    assert end(anna.do('change 4'))['code'] == 0


def who_commands(rig, client):
    """Once those that have gone are gone."""
    while len(seats := [line['say']['text'] for line in client.do('who')[:-1]]) != 1:
        pass
    return [seat for seat in seats if 'True' in seat]


def test_whoever_was_asked_when_somebody_took_over_cannot_answer_any_more(rig):
    anna, bert = rig.client('anna'), rig.client('bert')
    anna.say(id=1, do=['forget', '7'])
    assert 'ask' in anna.hear()
    bert.do('take over')
    anna.say(id=1, answer=True)
    assert end(anna.until_end())['what'] == 'bert (session 2) has the command of the booth'


def test_words_that_may_hold_a_name_are_noted_nowhere(rig, caplog):
    caplog.set_level('INFO')
    found = end(rig.client().do('address Gertrud'))
    assert found['private'] is True
    assert rig.desk.deeds == [('anna', 'address', 'failed, code 3')]
    assert 'Gertrud' not in caplog.text


def test_completion(rig):
    client = rig.client()
    client.say(id=1, complete='ta')
    assert client.hear() == {'id': 1, 'choices': ['take']}
    client.say(id=2, complete='forget 7 --')
    assert client.hear() == {'id': 2, 'choices': ['--json', '--yes']}


def test_what_goes_on_in_maintenance_keeps_it_up_and_its_end_is_told(rig):
    client = rig.client()
    rig.desk.state = State.MAINTENANCE
    client.say(id=1, do=['test'])
    for _ in range(3):  # at its begin, and again as long as it lasts
        assert rig.desk.told.get(timeout=WAIT_S).kind is Kind.MAINTAIN
    rig.desk.state = State.ATTRACT
    assert client.hear() == {'note': 'maintenance has ended'}
    client.say(id=1, cancel=True)
    client.until_end()
    refused = end(client.do('test', 2))
    assert (refused['code'], refused['what']) == (3, 'the booth is not in maintenance')


# -- nobody is a burden ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    'garbage',
    [
        b'status\n',
        b'{"id": 1, "do": ["hello"]}\n',
        b'{"protocol": 2, "who": "", "width": 80, "terminal": true}\n',
        b'\xff\xfe\n',
        os.urandom(LONGEST) + b'\n',
        b'A' * 1_000_000,
        b'\n' * 1_000_000,
        b'[' * 1_000_000,
    ],
    ids=['words', 'no hello', 'other protocol', 'bytes', 'noise', 'long', 'empty lines', 'nested'],
)
def test_whoever_speaks_otherwise_hears_one_error_and_is_hung_up_on(rig, garbage):
    client = rig.client(greet=False)
    client.hear()
    client.socket.settimeout(WAIT_S)
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # hung up on before it had said all
        client.socket.sendall(garbage)
    assert list(client.hear() or {}) == ['error']
    assert client.hear() is None
    assert end(rig.client().do('hello'))['code'] == 0


@pytest.mark.parametrize(
    'line',
    [{'id': 1, 'do': 'hello'}, {'id': 1}, {'hello': 1}, {'id': 1, 'input': '', 'more': False}],
    ids=['text', 'nothing', 'nonsense', 'unknown id'],
)
def test_after_the_hello_too(rig, line):
    client = rig.client()
    client.say(**line)
    if 'input' in line:  # for a command that has just ended: not an error
        assert end(client.do('hello', 2))['code'] == 0
    else:
        assert list(client.hear()) == ['error']
        assert client.hear() is None


def test_a_second_command_of_the_same_number_and_a_seventh_that_waits_are_too_many(rig):
    for numbers in ([1, 1], range(8)):
        client = rig.client()
        client.say(id=numbers[0], do=['jog'])
        rig.desk.begun.get(timeout=WAIT_S)
        with contextlib.suppress(BrokenPipeError):  # it may have been hung up on already
            for number in numbers[1:]:
                client.say(id=number, do=['hello'])
        assert client.hear() == {'error': 'too much at once'}
        assert rig.desk.ended.get(timeout=WAIT_S) == 'jog', 'and what it had running is cancelled'


def test_more_lines_a_second_than_a_person_or_a_script_needs_wait_for_the_next(tmp_path):
    with DeskRig(tmp_path, Limits(lines_a_second=20)) as rig:
        client, other = rig.client(), rig.client('eva')
        client.socket.sendall(b'{"id":5,"cancel":true}\n' * 50)
        client.say(id=1, do=['hello'])
        assert end(other.do('hello')) == {'code': 0}, 'nobody else waits'
        assert end(client.until_end()) == {'code': 0}


def test_whoever_does_not_say_hello_is_hung_up_on(tmp_path):
    with DeskRig(tmp_path, Limits(hello_s=0.2)) as rig:
        client = rig.client(greet=False)
        client.hear()
        assert client.hear() is None


def test_the_ninth_hears_so_and_is_let_in_when_another_has_gone(tmp_path):
    with DeskRig(tmp_path, Limits(sessions=2, strangers=1)) as rig:
        first, _ = rig.client(), rig.client()
        first.do('hello')
        third = rig.client()
        assert third.hear() == {'error': '2 are at the desk already'}
        first.close()
        while end_or_none(rig) is None:
            pass


def end_or_none(rig):
    try:
        client = rig.client(greet=False)
        client.hear()
        client.say(protocol=1, who='', width=80, terminal=False)
        client.say(id=1, do=['hello'])
    except OSError:
        return None
    heard = client.hear()
    return heard if heard and 'say' in heard else None


def test_half_open_connections_do_not_keep_anybody_out_for_long(tmp_path):
    with DeskRig(tmp_path, Limits(hello_s=0.5)) as rig:
        crowd = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(40)]
        for one in crowd:
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):  # the queue at the door is full
                one.connect(str(tmp_path / SOCKET))
        while end_or_none(rig) is None:
            pass
        for one in crowd:
            one.close()


def test_output_that_nobody_reads_ends_the_command_and_the_connection(tmp_path):
    with DeskRig(tmp_path, Limits(unread_s=0.5, unread_bytes=100_000)) as rig:
        client = rig.client()
        client.say(id=1, do=['flood'])
        rig.desk.begun.get(timeout=WAIT_S)
        assert rig.desk.ended.get(timeout=WAIT_S) == 'flood'
        assert end(rig.client().do('hello'))['code'] == 0


def test_a_command_whose_output_nobody_reads_can_still_be_cancelled(tmp_path):
    with DeskRig(tmp_path, Limits(unread_s=1000, unread_bytes=100_000)) as rig:
        client = rig.client()
        client.say(id=1, do=['flood'])
        rig.desk.begun.get(timeout=WAIT_S)
        while len(rig.server._wires[0]._out) <= 100_000:  # from then on it waits
            pass
        client.say(id=1, cancel=True)
        assert rig.desk.ended.get(timeout=WAIT_S) == 'flood'


def test_a_reader_that_is_slow_but_reads_gets_everything(tmp_path):
    with DeskRig(tmp_path, Limits(unread_bytes=50_000)) as rig:
        client = rig.client()
        client.say(id=1, do=['flood'])
        for _ in range(200):
            assert len(client.hear()['say']['text']) == 5000
        client.say(id=1, cancel=True)
        client.until_end()


def test_no_thread_is_left_of_those_that_have_gone(rig):
    for _ in range(20):
        client = rig.client()
        client.do('hello')
        client.close()
    while rig.threads():
        pass


# -- the socket ------------------------------------------------------------------------------------------------------


def test_the_socket_is_for_its_owner_and_group_and_goes_with_the_desk(tmp_path):
    with DeskRig(tmp_path) as rig:
        found = os.lstat(tmp_path / SOCKET)
        assert stat.S_ISSOCK(found.st_mode)
        assert stat.S_IMODE(found.st_mode) == 0o660
        assert os.listdir(tmp_path) == [SOCKET]
        rig.client().do('hello')
    assert os.listdir(tmp_path) == []


def test_what_a_killed_booth_has_left_is_replaced(tmp_path):
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(tmp_path / SOCKET))
    left.close()
    (tmp_path / f'.{SOCKET}.new').write_bytes(b'')
    with DeskRig(tmp_path) as rig:
        assert end(rig.client().do('hello'))['code'] == 0


def test_what_is_no_socket_is_not_replaced(tmp_path):
    (tmp_path / SOCKET).write_text('mine')
    with pytest.raises(StorageError, match='in the way'):
        Server(tmp_path, DeskRig(tmp_path).room).start()
    assert (tmp_path / SOCKET).read_text() == 'mine'


def test_a_folder_whose_name_is_too_long_for_a_socket_is_told(tmp_path):
    folder = tmp_path / ('x' * 120)
    folder.mkdir()
    with pytest.raises(StorageError, match='cannot be served'):
        Server(folder, DeskRig(folder).room).start()


def test_the_end_of_the_desk_cancels_what_runs_and_is_told(tmp_path):
    with DeskRig(tmp_path) as rig:
        client = rig.client()
        client.say(id=1, do=['jog'])
        rig.desk.begun.get(timeout=WAIT_S)
        rig.server.close()
        assert rig.desk.ended.get(timeout=WAIT_S) == 'jog'
        assert {'error': 'the booth is being closed'} in iter(client.hear, None)


def test_a_name_is_believed_from_our_own_account_and_from_root_only():
    assert _who(os.geteuid(), 'booth', 'anna') == 'anna'
    assert _who(0, 'root', 'anna') == 'anna'
    assert _who(os.geteuid(), 'booth', '') == 'booth'
    assert _who(os.geteuid() + 1, 'guest', 'anna') == 'guest (anna)'
    assert _who(os.geteuid() + 1, 'guest', '') == 'guest'


def test_names_with_what_moves_a_cursor_are_refused(rig):
    client = Client(rig.folder, who='\x1b[2J')
    assert list(json.loads(json.dumps(client.hear()))) == ['error']
    client.close()
