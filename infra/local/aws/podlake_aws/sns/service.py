"""SNS as the durable layer sees it."""

from moto.sns.models import sns_backends

from ..configuration import Configuration
from ..durable.rows import Rows
from ..errors import ServiceError
from .state import SnsState

READS = frozenset(
    {
        "ListTopics", "GetTopicAttributes", "ListSubscriptions", "ListSubscriptionsByTopic",
        "GetSubscriptionAttributes", "ListTagsForResource",
    }
)  # fmt: skip
WRITES = frozenset(
    {
        "CreateTopic", "DeleteTopic", "SetTopicAttributes", "Subscribe", "Unsubscribe", "ConfirmSubscription",
        "SetSubscriptionAttributes", "TagResource", "UntagResource",
        # these change no row, but what moto remembers of them is let go when saving
        "Publish", "PublishBatch",
    }
)  # fmt: skip


class SnsService:
    name = "sns"

    def __init__(self, configuration: Configuration) -> None:
        self.backend = sns_backends[configuration.account_id][configuration.region]
        self.rows = Rows(configuration.state_dir / "sns.sqlite")
        self.state = SnsState(self.backend, self.rows)

    def is_write(self, operation: str) -> bool:
        if operation not in READS | WRITES:
            raise ServiceError("UnsupportedOperation", f"The local SNS does not do {operation!r}.", 501)
        return operation in WRITES

    def before(self, operation: str, body: bytes) -> None:
        pass

    def save(self, operation: str, body: bytes) -> None:
        self.state.save()

    def restore(self) -> None:
        self.state.restore()

    def close(self) -> None:
        self.rows.close()
