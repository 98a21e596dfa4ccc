"""What each service can carry that messages reach by apprise: for the docs and for whoever chooses one. A test holds it
against apprise's own figures."""

from __future__ import annotations

import msgspec


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """`example` is its address as apprise writes it, `characters` the longest text, `title` the longest title (0: the
    text begins with it), `files` whether figures and files go along."""

    name: str
    example: str
    characters: int
    title: int
    files: bool


#: By the word that addresses begin with. No service here edits a message or has threads: amendments are new messages.
SERVICES = {
    "tgram": Service(name="Telegram", example="tgram://TOKEN/CHAT", characters=4096, title=0, files=True),
    "matrix": Service(name="Matrix", example="matrixs://USER:PASS@HOST/#ROOM", characters=65000, title=250, files=True),
    "mmost": Service(name="Mattermost", example="mmosts://HOST/HOOK", characters=4000, title=0, files=False),
    "workflow": Service(name="Teams", example="workflow://HOST/ID/SIGNATURE", characters=1000, title=250, files=False),
    "discord": Service(name="Discord", example="discord://ID/TOKEN", characters=2000, title=250, files=True),
    "ntfy": Service(name="ntfy", example="ntfys://HOST/TOPIC", characters=7800, title=200, files=True),
    "gotify": Service(name="Gotify", example="gotifys://HOST/TOKEN", characters=32768, title=250, files=False),
    "rocket": Service(
        name="Rocket.Chat", example="rockets://USER:PASS@HOST/#CHANNEL", characters=1000, title=0, files=False
    ),
    "zulip": Service(name="Zulip", example="zulip://BOT@ORG/TOKEN/STREAM", characters=10000, title=60, files=False),
    "signal": Service(name="Signal", example="signals://HOST/FROM/TO", characters=32768, title=0, files=True),
    "pover": Service(name="Pushover", example="pover://USER@TOKEN", characters=1024, title=250, files=True),
    "twilio": Service(name="SMS (Twilio)", example="twilio://SID:TOKEN@FROM/TO", characters=160, title=0, files=False),
    "json": Service(name="webhook, JSON", example="jsons://HOST/PATH", characters=32768, title=250, files=True),
    "xml": Service(name="webhook, XML", example="xmls://HOST/PATH", characters=32768, title=250, files=True),
    "form": Service(name="webhook, form", example="forms://HOST/PATH", characters=32768, title=250, files=True),
}
