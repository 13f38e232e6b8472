"""SNS: moto's topics, subscriptions and delivery, with topics and subscriptions on disk."""
