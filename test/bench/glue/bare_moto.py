"""moto by itself, served as the endpoint serves it, with tables in memory that nothing saves: `bare_moto.py VERSIONS`."""

import json
import os
import sys
import threading


def main() -> None:
    os.environ["MOTO_ACCOUNT_ID"] = "123456789012"
    os.environ["AWS_EC2_METADATA_DISABLED"] = "true"
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    from podlake_aws.server import RequestHandler

    versions = int(sys.argv[1])
    if versions:
        from moto.glue.models import glue_backends
        from states import REGION, fill

        fill(glue_backends["123456789012"][REGION], versions)
    moto = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, moto, threaded=True, request_handler=RequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(json.dumps({"ready": True, "port": server.port}), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
