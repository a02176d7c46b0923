"""What every part of the service uses: errors, bodies, logs, queues, meters."""
