"""A stand-in for jtop's service: its manager at a socket, and the answers that its loop gives, without the board beneath.

Run with the package jetson-stats importable, as `python3 jtop_service.py SOCKET HOW`. It says `ready` when it listens, and
ends with its standard input. HOW is `well`, or how it is broken.
"""

import queue
import sys
import threading
from multiprocessing.managers import SyncManager

from jtop import __version__
from jtop.core.common import get_key

SOCKET, HOW = sys.argv[1:3]
orders, event = queue.Queue(), threading.Event()
board = {
    "gpu": {},
    "mem": {},
    "fan": {"pwmfan": {"speed": [35.0], "profile": "quiet"}},
    "jc": {"enable": False, "thread": "inactive", "config": True, "boot": False},
    "nvp": {"status": [True] * 3, "thread": False, "model": {"id": 2, "name": "MAXN_SUPER"}},
}
data = {}
init = {
    "version": "1.0.0" if HOW == "old" else __version__,
    "board": {"hardware": {}},
    "interval": 0.5,
    "memory": "",
    "fan": {"pwmfan": ["quiet", "cool", "manual"]},
    "jc": True,
    "nvpmodel": {"models": ["15W", "25W", "MAXN_SUPER"], "default": {"id": 1, "name": "25W"}},
}


class Manager(SyncManager):
    pass


Manager.register("get_queue", callable=lambda: orders)
Manager.register("sync_data", callable=lambda: data)
Manager.register("sync_event", callable=lambda: event)


def carry_out(order):
    if "interval" in order:
        orders.put({"init": init})
    if HOW == "idle":
        return
    fan = order.get("fan", {})
    if fan.get("command") == "profile":
        board["fan"]["pwmfan"]["profile"] = fan["profile"]
    if fan.get("command") == "speed" and board["fan"]["pwmfan"]["profile"] == "manual":
        # As its service does: in whole steps of the drive.
        board["fan"]["pwmfan"]["speed"] = [int(fan["speed"] * 255 / 100) * 100 / 255]
    if "nvp" in order:
        board["nvp"]["model"] = {"id": order["nvp"]["id"], "name": init["nvpmodel"]["models"][order["nvp"]["id"]]}
    if "jc" in order:
        board["jc"]["enable"] = order["jc"]["enable"]


def serve():
    while True:
        order = orders.get()
        if "init" in order:
            # Meant for the client: back into the one queue of both ways.
            orders.put(order)
        else:
            carry_out(order)
        data.update(board)
        event.set()


def end():
    sys.stdin.read()
    import os

    os._exit(0)


key = b"another" if HOW == "stranger" else get_key().encode("utf-8")
server = Manager(address=SOCKET, authkey=key).get_server()
if HOW != "silent":
    threading.Thread(target=serve, daemon=True).start()
threading.Thread(target=end, daemon=True).start()
print("ready", flush=True)
server.serve_forever()
