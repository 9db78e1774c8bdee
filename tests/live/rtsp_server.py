#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""An RTSP server on the loopback, by GStreamer: /pattern is a moving test pattern, /still one that
never changes, /resized one whose size changes every second; /video, where --video names an MP4
file, is that file; /locked asks for --user NAME:PASSWORD. Prints its port, then runs until its
standard input closes."""

import argparse
import itertools
import os
import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

SIZES = ("width=320,height=240", "width=160,height=120")


def caps(size):
    return f"video/x-raw,format=I420,{size},framerate=25/1"  # RTP knows JPEGs of this kind only


def pattern(kind):
    return (
        f"( videotestsrc is-live=true pattern={kind} ! capsfilter name=size caps={caps(SIZES[0])}"
        " ! jpegenc ! rtpjpegpay name=pay0 pt=26 )"
    )


def factory(launch):
    made = GstRtspServer.RTSPMediaFactory()
    made.set_launch(launch)
    made.set_shared(True)
    return made


def resize(_, media):
    """Gives the stream its other size once a second."""
    sizes = itertools.cycle(reversed(SIZES))
    size = media.get_element().get_by_name("size")

    def change():
        size.set_property("caps", Gst.Caps.from_string(caps(next(sizes))))
        return True

    GLib.timeout_add(1000, change)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", default="0")
    parser.add_argument("--video")
    parser.add_argument("--user", default="viewer:secret")
    arguments = parser.parse_args()

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(arguments.port)
    mounts = server.get_mount_points()
    open_to_all = {
        "/pattern": factory(pattern("ball")),
        "/still": factory(pattern("red")),
        "/resized": factory(pattern("ball")),
    }
    open_to_all["/resized"].connect("media-configure", resize)
    if arguments.video:
        open_to_all["/video"] = factory(
            f"( filesrc location={arguments.video} ! qtdemux ! rtph264pay name=pay0 pt=96 )"
        )

    locked = factory(pattern("ball"))
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    # Without access at all the answer would be 404 in place of 401.
    permissions.add_permission_for_role("anyone", "media.factory.access", True)
    locked.set_permissions(permissions)
    mounts.add_factory("/locked", locked)
    auth = GstRtspServer.RTSPAuth()
    name, password = arguments.user.split(":", 1)
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(name, password), token)
    anonymous = GstRtspServer.RTSPToken()
    anonymous.set_string("media.factory.role", "anyone")
    auth.set_default_token(anonymous)
    for path, made in open_to_all.items():
        allowed = GstRtspServer.RTSPPermissions()
        allowed.add_permission_for_role("anyone", "media.factory.access", True)
        allowed.add_permission_for_role("anyone", "media.factory.construct", True)
        made.set_permissions(allowed)
        mounts.add_factory(path, made)
    server.set_auth(auth)

    if server.attach(None) == 0:
        print("the port is taken", file=sys.stderr)
        return 1
    print(server.get_bound_port(), flush=True)
    loop = GLib.MainLoop()
    GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.IO_HUP, lambda *_: loop.quit())
    loop.run()
    os._exit(0)  # no viewer is said good-bye to: that is what a killed server does


sys.exit(main())
