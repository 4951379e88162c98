"""A client whose network fails: it sends a request, reads, and from then on gets no packet any more.

Arguments: host, port, request. Prints a line when it has read something and is cut off, then
keeps its connection open until its standard input ends. Nothing that the server sends is
acknowledged, so the server sees what it would see of a machine that lost power.
"""

import ctypes
import socket
import struct
import sys

SO_ATTACH_FILTER = 26
# One instruction of the kernel's packet filter: return 0, which keeps no byte of a packet.
DROP_ALL = ctypes.create_string_buffer(struct.pack("HBBI", 0x06, 0, 0, 0))

host, port, request = sys.argv[1:]
connection = socket.create_connection((host, int(port)))
connection.sendall(request.encode())
connection.recv(65536)
program = struct.pack("HL", 1, ctypes.addressof(DROP_ALL))
connection.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
print("deaf", flush=True)
sys.stdin.read()
