"""Shell and desk were written apart, so that a shell begins at once; what both must know is the same."""

from appliance.desk import lines, server, session
from appliance.shell import errand, link, who


def test_both_ends_of_the_socket_know_the_same():
    assert (link.SOCKET, link.PROTOCOL, link.MAX_BYTES) == (server.SOCKET, lines.PROTOCOL, lines.LONGEST)
    assert errand.CANCELLED == session.CANCELLED
    assert who.LONGEST == lines.WHO
