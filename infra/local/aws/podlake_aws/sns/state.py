"""SNS's state as rows: one for each topic and each subscription. What was sent is not kept, as on AWS."""

import json
from typing import Any

from moto.sns.models import SNSBackend, Subscription, Topic
from moto.sns.utils import FilterPolicyMatcher

from ..durable.rows import Key, Rows

# What a topic refers to or only counts for moto's own tests
NOT_KEPT = ("sns_backend", "sent_notifications")


class SnsState:
    def __init__(self, backend: SNSBackend, rows: Rows) -> None:
        self.backend = backend
        self.rows = rows
        self.saved: dict[Key, str] = {}

    def save(self) -> None:
        now = dict(self._units())
        changed = {key: json.loads(text) for key, text in now.items() if self.saved.get(key) != text}
        self.rows.write(changed, [key for key in self.saved if key not in now])
        self.saved = now

    def restore(self) -> None:
        # topics first: subscriptions refer to them
        rows = sorted(self.rows.read(), key=lambda row: row[0][0] != "topic")
        # only now: what cannot be read must not look as if all had been deleted, and be so at the next save
        self.backend.topics.clear()
        self.backend.subscriptions.clear()
        self.saved = {}
        for key, value in rows:
            if key[0] == "topic":
                topic = Topic(value["name"], self.backend)
                vars(topic).update(value)
                self.backend.topics[topic.arn] = topic
            else:
                self._restore_subscription(value)
        self.saved = dict(self._units())

    def _restore_subscription(self, value: dict[str, Any]) -> None:
        topic = self.backend.topics[value["topic"]]
        subscription = Subscription(self.backend.account_id, topic, value["endpoint"], value["protocol"])
        subscription.arn = value["arn"]
        subscription.owner = value["owner"]
        subscription.confirmed = value["confirmed"]
        subscription.attributes = value["attributes"]
        if value["filterPolicy"]:
            subscription._filter_policy = value["filterPolicy"]
            scope = subscription.attributes.get("FilterPolicyScope")
            subscription._filter_policy_matcher = FilterPolicyMatcher(value["filterPolicy"], scope)
        self.backend.subscriptions[subscription.arn] = subscription

    def _units(self) -> list[tuple[Key, str]]:
        units: list[tuple[Key, str]] = []
        for arn, topic in self.backend.topics.items():
            topic.sent_notifications.clear()
            kept = {name: value for name, value in vars(topic).items() if name not in NOT_KEPT}
            units.append((("topic", arn), json.dumps(kept)))
        for arn, subscription in self.backend.subscriptions.items():
            kept = {
                "topic": subscription.topic.arn,
                "endpoint": subscription.endpoint,
                "protocol": subscription.protocol,
                "arn": subscription.arn,
                "owner": subscription.owner,
                "confirmed": subscription.confirmed,
                "attributes": subscription.attributes,
                "filterPolicy": subscription._filter_policy,
            }
            units.append((("subscription", arn), json.dumps(kept)))
        return units
