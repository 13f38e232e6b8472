"""`python -m podlake_aws --config FILE`: serves until SIGTERM or SIGINT; one line on stdout says when it is ready."""

import argparse
import json
import logging
import os
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType

from werkzeug.serving import BaseWSGIServer, make_server

from .configuration import Configuration, ConfigurationError, read_configuration
from .server import Application, RequestHandler
from .state import StateError, hold

log = logging.getLogger("podlake_aws")


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="podlake_aws", description=__doc__)
    parser.add_argument("--config", required=True, type=Path, help="the JSON file with ports, folders and tools")
    options = parser.parse_args(arguments)
    try:
        configuration = read_configuration(options.config)
        logging.basicConfig(
            stream=sys.stderr,
            level=configuration.log_level.upper(),
            format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        )
        hold(configuration.state_dir)
        serve(configuration)
    except (ConfigurationError, StateError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def serve(configuration: Configuration) -> None:
    # The names that moto and botocore read from the environment: set before either is loaded.
    os.environ["MOTO_ACCOUNT_ID"] = configuration.account_id
    os.environ.setdefault("AWS_EC2_METADATA_DISABLED", "true")
    from .athena import AthenaService
    from .durable.application import durable_moto
    from .emr.service import EmrService

    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)

    server = bind(configuration)
    endpoint = f"http://{configuration.host}:{server.port}"
    moto = durable_moto(configuration)
    emr = EmrService(configuration)
    athena = AthenaService(configuration.raw, configuration.state_dir / "athena", endpoint)
    server.app = Application({"ElasticMapReduce": emr, "AmazonAthena": athena}, moto)
    threading.Thread(target=server.serve_forever, name="server", daemon=True).start()
    print(json.dumps({"ready": True, "port": server.port}, separators=(",", ":")), flush=True)
    log.info("serving at %s, state in %s", endpoint, configuration.state_dir)
    stop.wait()
    log.info("stopping; steps that run go on and are adopted at the next start")
    server.shutdown()
    emr.close()
    athena.close()
    moto.close()


def bind(configuration: Configuration) -> BaseWSGIServer:
    """Takes the port by itself, since werkzeug ends the process with words of its own if it is taken."""

    def not_yet(_environ: object, _start_response: object) -> list[bytes]:
        raise RuntimeError("a request was served before the services were there")

    place = (configuration.host, configuration.port)
    try:
        listener = socket.create_server(place, backlog=128)
    except OSError as error:
        raise ConfigurationError(f"Port {place[1]} of {place[0]} cannot be taken: {error.strerror}.") from error
    with listener:
        return make_server(*place, not_yet, threaded=True, request_handler=RequestHandler, fd=listener.fileno())


if __name__ == "__main__":
    sys.exit(main())
