#!/bin/bash
# Whether a worker of this container does what it is for. Cheap: no Python is started, nothing is sent.
#
#     connected             a connection to the broker is open: the worker takes work (startup, readiness)
#     connected --or-alone  the same, or nobody could have one, because the broker is away (liveness): a worker that
#                           holds no connection to a broker that can be reached hangs, and is to be started anew
#
# The broker is BROKER_HOST and BROKER_PORT, as jobpipe.yaml should name it too.
set -u
host=${BROKER_HOST:-rabbitmq} port=${BROKER_PORT:-5672}

# "local remote state" in hexadecimal; 01 is an established connection.
remote=$(printf ':%04X 01 ' "$port")
if cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -q "$remote"; then
  exit 0
fi
if [ "${1:-}" = --or-alone ] && ! timeout 5 bash -c "exec 3<>/dev/tcp/$host/$port" 2>/dev/null; then
  exit 0
fi
echo "no connection to the broker $host:$port" >&2
exit 1
