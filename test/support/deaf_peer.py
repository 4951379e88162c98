"""A peer that vanishes: from a moment on it gets no packet any more, and closes nothing.

What the other side sends is not acknowledged, and its probes are not answered, so it sees what
it would see of a machine that lost power. Prints a line when that has begun, then stays until
its standard input ends.

    deaf_peer.py client HOST PORT REQUEST   vanishes after the first bytes of the answer
    deaf_peer.py server WORD ANSWER         vanishes after ANSWER to the first request with WORD;
                                            all others get an empty 200. Prints its port first.
"""

import ctypes
import socket
import struct
import sys
import threading

SO_ATTACH_FILTER = 26
# One instruction of the kernel's packet filter: return 0, which keeps no byte of a packet.
DROP_ALL = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))
EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def vanish(connection):
    program = struct.pack("HL", 1, ctypes.addressof(DROP_ALL))
    connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
    print("vanished", flush=True)


def client(host, port, request):
    connection = socket.create_connection((host, int(port)))
    connection.sendall(request.encode())
    connection.recv(65536)
    vanish(connection)
    return connection


def server(word, answer):
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    kept = []

    def serve():
        while True:
            connection, _ = listening.accept()
            if word.encode() in connection.recv(65536):
                connection.sendall(answer.encode())
                vanish(connection)
                kept.append(connection)
            else:
                connection.sendall(EMPTY)
                connection.close()

    threading.Thread(target=serve, daemon=True).start()
    return kept


role, *arguments = sys.argv[1:]
peer = {"client": client, "server": server}[role](*arguments)
sys.stdin.read()
