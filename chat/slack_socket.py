"""Socket Mode: Slack's requests over a connection that we open, so that no address of ours needs to be reachable. With
`slack.py` the only module that imports slack_sdk."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

from chat.slack import SlackSettings, translated
from chat.slack_door import SlackDoor
from chat.slack_settings import read_secret
from nuncius.core.errors import NunciusError, TransientError

if TYPE_CHECKING:
    from slack_sdk.socket_mode.request import SocketModeRequest

log = logging.getLogger(__name__)

#: How often the connection is looked at; Slack drops one every few hours, and says so before.
LOOK_S = 1.0
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0


class SlackSocket:
    """Keeps one connection open and hands what comes over it to the door. `ping_s` is how soon a dead one is noticed:
    after four of them, and five failed pings."""

    def __init__(self, settings: SlackSettings, door: SlackDoor, *, ping_s: float = 3.0) -> None:
        token = settings.app_token or read_secret(settings.app_token_file, "an app token", "app_token")
        self._settings, self._door, self._token, self._ping_s = settings, door, token, ping_s

    def run(self, stop: threading.Event) -> None:
        """Listen until `stop` is set; whatever breaks, connect again, more and more slowly."""
        wait = FIRST_WAIT_S
        while not stop.is_set():
            try:
                self._listen(stop)
                wait = FIRST_WAIT_S
            except TransientError as error:
                wait = error.retry_after_s or min(wait * 2, LONGEST_WAIT_S)
                log.warning("no connection to Slack's Socket Mode, trying again in %.0f s: %s", wait, error)
                stop.wait(wait)

    def _listen(self, stop: threading.Event) -> None:
        """One life of the client, which reconnects by itself as long as Slack gives it addresses. Raises TransientError
        where it lost its way, PermanentError for a token that is none."""
        from slack_sdk import WebClient
        from slack_sdk.errors import SlackApiError, SlackClientError
        from slack_sdk.socket_mode import SocketModeClient

        web = WebClient(base_url=self._settings.base_url, timeout=self._settings.timeout_s, retry_handlers=[])
        # Its own log would say the connection's address, which holds a ticket.
        quiet = logging.getLogger("chat.slack_socket.client")
        quiet.setLevel(logging.CRITICAL)
        client = SocketModeClient(app_token=self._token, web_client=web, ping_interval=self._ping_s, logger=quiet)
        client.socket_mode_request_listeners.append(self._heard)
        try:
            try:
                client.wss_uri = web.apps_connections_open(app_token=self._token)["url"]
                client.connect()
            except SlackApiError as error:
                raise translated("apps.connections.open", "", error.response) from error
            except (OSError, SlackClientError) as error:
                raise TransientError(f"no answer from Slack: {type(error).__name__}") from error
            lost = 0.0
            while not stop.wait(LOOK_S):
                lost = 0.0 if client.is_connected() else lost + LOOK_S
                if lost > 6 * self._ping_s:
                    raise TransientError("the connection was lost and did not come back")
        finally:
            client.close()

    def _heard(self, client: Any, request: SocketModeRequest) -> None:
        """Keep, acknowledge, then open a form where one is wanted: Slack waits three seconds for the first two."""
        from slack_sdk.socket_mode.response import SocketModeResponse

        try:
            sort = self._door.take(request.type, request.payload)
        except (NunciusError, OSError) as error:
            log.error("what Slack sent could not be kept, so it is not acknowledged and comes again: %s", error)
            return
        try:
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        except Exception as error:  # the connection went: Slack sends it again, and the inbox knows it
            log.info("an acknowledgement was lost: %s", type(error).__name__)
        if sort == "form":
            self._door.open_form(request.type, request.payload)
