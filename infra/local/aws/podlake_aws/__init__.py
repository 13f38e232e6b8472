"""AWS endpoints for one machine: Glue and SNS (moto, made durable), EMR and Athena (our own) behind one port."""
